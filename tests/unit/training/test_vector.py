from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from flink_jobs.features.schema import USER_FEATURES
from training.vector import COLD_START, COLUMNS, FEATURES, vectorize, vectorize_frame, vectorize_rows

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)

_FIRST, _LAST = (datetime(year, 1, 1) for year in (2015, 2035))  # noqa: DTZ001 (hypothesis adds the zone)
_VALUES = {
    "int64": st.integers(0, 10**6),
    "double": st.floats(0, 1e9),
    "timestamp": st.datetimes(_FIRST, _LAST, timezones=st.just(UTC)),
}
_ROWS = st.fixed_dictionaries({f.name: st.none() | _VALUES[f.type] for f in USER_FEATURES})
_MOMENTS = _VALUES["timestamp"]


def test_numbers_by_hand() -> None:
    row = {
        "total_events_24h": 5,
        "revenue_24h": 19.5,
        "first_seen": NOON - timedelta(days=2),
        "last_seen": NOON - timedelta(minutes=90),
    }
    named = dict(zip(COLUMNS, vectorize(row, NOON), strict=True))
    assert named["total_events_24h"] == 5
    assert named["revenue_24h"] == 19.5
    assert named["tenure_hours"] == 48
    assert named["recency_hours"] == 1.5
    assert named["purchases_1h"] == 0
    assert "first_seen" not in named


def test_order_is_that_of_the_features() -> None:
    assert COLUMNS[FEATURES.index("first_seen")] == "tenure_hours"
    assert COLUMNS[FEATURES.index("last_seen")] == "recency_hours"
    assert [c for c in COLUMNS if not c.endswith("_hours")] == [f for f in FEATURES if not f.endswith("_seen")]


@given(rows=st.lists(_ROWS, min_size=1, max_size=20), moment=_MOMENTS)
def test_many_rows_are_bit_for_bit_those_of_one_after_the_other(rows: list[dict[str, Any]], moment: datetime) -> None:
    assert (vectorize_rows(rows, moment) == np.vstack([vectorize(row, moment) for row in rows])).all()


def test_unknown_user_is_the_cold_start() -> None:
    assert (vectorize({}, NOON) == COLD_START).all()


def test_online_values_give_what_the_log_gives() -> None:
    """The online store keeps whole seconds, the log microseconds."""
    logged = {
        "first_seen": NOON - timedelta(days=1, microseconds=1),
        "last_seen": NOON - timedelta(seconds=0.25),
    }
    online = {name: int(time.timestamp()) for name, time in logged.items()}
    assert (vectorize(logged, NOON) == vectorize(online, NOON)).all()


def test_zone_of_a_time_does_not_matter() -> None:
    east = timezone(timedelta(hours=5))
    naive = {"last_seen": datetime(2024, 5, 1, 11)}  # noqa: DTZ001 (naive means UTC here)
    aware = {"last_seen": datetime(2024, 5, 1, 16, tzinfo=east)}
    assert (vectorize(naive, NOON) == vectorize(aware, NOON.astimezone(east))).all()


@given(st.lists(st.tuples(_ROWS, _MOMENTS), min_size=1, max_size=5))
def test_frame_and_row_give_the_same_bits(rows: list[tuple[dict[str, Any], datetime]]) -> None:
    frame = pd.DataFrame([row for row, _ in rows], columns=list(FEATURES))
    moments = pd.Series([moment for _, moment in rows])
    found = vectorize_frame(frame, moments)
    assert tuple(found.columns) == COLUMNS
    assert (found.to_numpy() == np.vstack([vectorize(row, moment) for row, moment in rows])).all()
