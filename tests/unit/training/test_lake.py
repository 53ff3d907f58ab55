from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingestion.errors import ShopstreamError
from tests.unit.training.conftest import lake_of
from tests.unit.training.shop import START, Event
from training.cutoffs import cutoffs_between
from training.lake import EventLake
from training.settings import TrainingSettings
from training.tasks import task_named

PURCHASE, CHURN = task_named("purchase_24h"), task_named("churn_30d")
CUTOFF = START + timedelta(days=40)
MICROSECOND = timedelta(microseconds=1)


def _labels(folder: Path, events: list[Event], task, cutoff: datetime = CUTOFF) -> dict[str, int]:  # type: ignore[no-untyped-def]
    with EventLake(lake_of(folder, events, log=[]).events_path) as lake:
        rows = lake.labelled(task, pd.DatetimeIndex([cutoff]))
    return dict(zip(rows["user_id"], rows["label"], strict=True))


def test_a_purchase_counts_after_the_cutoff_up_to_the_end_of_the_horizon(tmp_path: Path) -> None:
    seen = CUTOFF - timedelta(minutes=5)
    bought = {
        "at": (CUTOFF, 0),
        "after": (CUTOFF + MICROSECOND, 1),
        "at_end": (CUTOFF + PURCHASE.horizon, 1),
        "past_end": (CUTOFF + PURCHASE.horizon + MICROSECOND, 0),
    }
    events = [Event(seen, user, "page_view") for user in (*bought, "never")]
    events += [Event(time, user, "purchase") for user, (time, _) in bought.items()]
    expected = {user: label for user, (_, label) in bought.items()} | {"never": 0}
    assert _labels(tmp_path, events, PURCHASE) == expected


def test_churn_is_silence_for_the_whole_horizon(tmp_path: Path) -> None:
    seen = CUTOFF - timedelta(days=29)
    events = [Event(seen, user, "page_view") for user in ("gone", "back", "back_later")]
    events += [
        Event(CUTOFF + CHURN.horizon, "back", "search"),
        Event(CUTOFF + CHURN.horizon + MICROSECOND, "back_later", "search"),
    ]
    assert _labels(tmp_path, events, CHURN) == {"gone": 1, "back": 0, "back_later": 1}


def test_asked_about_are_users_active_shortly_before(tmp_path: Path) -> None:
    events = [
        Event(CUTOFF, "at", "page_view"),
        Event(CUTOFF - PURCHASE.active_within + MICROSECOND, "just", "page_view"),
        Event(CUTOFF - PURCHASE.active_within, "not", "page_view"),
        Event(CUTOFF + MICROSECOND, "later", "page_view"),
        Event(CUTOFF - MICROSECOND, None, "page_view"),
        Event(CUTOFF - MICROSECOND, "copy", "page_view", duplicate=True),
    ]
    assert _labels(tmp_path, events, PURCHASE) == {"at": 0, "just": 0}


def test_a_duplicate_purchase_is_no_purchase(tmp_path: Path) -> None:
    events = [Event(CUTOFF, "u", "page_view"), Event(CUTOFF + MICROSECOND, "u", "purchase", duplicate=True)]
    assert _labels(tmp_path, events, PURCHASE) == {"u": 0}


def test_labels_of_the_shop_by_a_recount(shop_events: list[Event], shop_settings: TrainingSettings) -> None:
    with EventLake(shop_settings.events_path) as lake:
        assert lake.span() == (shop_events[0].time, shop_events[-1].time)
        cutoffs = cutoffs_between(*lake.span(), PURCHASE)[::50]
        rows = lake.labelled(PURCHASE, cutoffs)
    expected = {}
    for cutoff in cutoffs:
        active = {e.user for e in shop_events if timedelta(0) <= cutoff - e.time < timedelta(hours=1)}
        after = [e for e in shop_events if timedelta(0) < e.time - cutoff <= timedelta(hours=24)]
        buyers = {e.user for e in after if e.type == "purchase"}
        expected |= {(cutoff, user): int(user in buyers) for user in active}
    found = {(row.cutoff, row.user_id): row.label for row in rows.itertuples()}
    assert found == expected
    assert 0 < sum(expected.values()) < len(expected)


def test_no_lake_is_said(tmp_path: Path) -> None:
    with pytest.raises(ShopstreamError, match="has no files yet"):
        EventLake(str(tmp_path / "events"))


def test_a_lake_without_known_users_is_said(tmp_path: Path) -> None:
    settings = lake_of(tmp_path, [Event(CUTOFF, None, "page_view")])
    with EventLake(settings.events_path) as lake, pytest.raises(ShopstreamError, match="no event of a known"):
        lake.span()


def test_a_lake_of_another_shape_is_said(tmp_path: Path) -> None:
    folder = tmp_path / "events/event_type=purchase/year=2024/month=01/day=01"
    folder.mkdir(parents=True)
    pq.write_table(pa.table({"when": [datetime(2024, 1, 1, tzinfo=UTC)]}), folder / "part-0")
    with pytest.raises(ShopstreamError, match="has not the columns"):
        EventLake(str(tmp_path / "events"))
