"""What a system has made of what it read, beside the computation on the clean events; each check says what differs."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pytest

from flink_jobs.features.schema import PRODUCT, USER, FeatureSet
from flink_jobs.funnels.funnel import load_funnel
from flink_jobs.live.live_store import LiveStore
from flink_jobs.settings import JobSettings
from ingestion.topic_reader import TopicReader
from tests.exactness.arrivals import Arrivals
from tests.exactness.close import is_close
from tests.exactness.system import System, wait_until
from tests.exactness.threshold_alerts import LATENESS
from tests.jobs.funnel_oracle import funnel_rows

HERE = Path(__file__).parents[1]
WINDOWS = ("page_views", "revenue", "user_activity", "funnel_stages")
_SAID_WHEN = (
    "value",
    "event_count",
    "unique_users",
    "events_per_user",
    "reason",
    "expected_low",
    "expected_high",
    "score",
)
"""Of an alert's last row, what is of the hour that was judged last: with one pass over all, another one."""

_Row = tuple[tuple[str, str], ...]


class Recount(NamedTuple):
    """The SQL files that recount a feature set: of its events and probes, of its values, and of its log's rows."""

    events: str
    values: str
    logged: str


RECOUNTS = {
    USER.name: Recount("user_events", "user_features", "feature_rows"),
    PRODUCT.name: Recount("product_events", "product_features", "product_rows"),
}


def check_lake(system: System, arrivals: Arrivals) -> None:
    """Every event is there as it was sent, with its enrichment, flags and folder, exactly as often as it was sent."""
    db = arrivals.db
    expected = f"({(HERE / 'exactness' / 'lake_rows.sql').read_text()})"
    columns = ", ".join(f'"{column[0]}"' for column in db.execute(f"SELECT * FROM {expected} LIMIT 0").description)
    files = f"read_parquet('{system.lake('events')}', hive_partitioning = true, hive_types_autocast = false)"
    stored = columns.replace('"timestamp"', "timestamp AT TIME ZONE 'UTC'")
    found = f"(SELECT {stored} FROM {files})"
    for one, other in ((found, expected), (expected, found)):
        rows = db.execute(f"SELECT * FROM {one} EXCEPT ALL SELECT * FROM {other}").fetchmany(3)
        assert rows == [], "in the lake and not sent" if one is found else "sent and not in the lake"


def check_windows(system: System, arrivals: Arrivals, result: str, seconds: float = 60) -> int:
    """Every row of a window result is there and right; return how many there are."""
    frame = arrivals.db.execute((HERE / "exactness" / "results" / f"{result}.sql").read_text())
    names = [column[0] for column in frame.description]
    expected = {row[:2]: row[2:] for row in frame.fetchall()}

    def found() -> dict[Any, tuple[Any, ...]]:
        return {
            (_moment(row[names[0]]), row[names[1]]): tuple(row[name] for name in names[2:])
            for row in system.rows(result)
        }

    _equal(result, found, expected, seconds, is_close)
    return len(expected)


def check_final(system: System, arrivals: Arrivals, result: str, seconds: float = 60) -> int:
    """Each window says once that it is final, by its last row, once event time is past its lateness; return how many.

    Only without a failure: after one, rows since the last checkpoint are written again.
    """
    first_columns = arrivals.db.execute((HERE / "exactness" / "results" / f"{result}.sql").read_text()).description[:2]
    names = [column[0] for column in first_columns]
    (end,) = arrivals.db.execute("SELECT max(ts) FROM clean").fetchone() or (None,)
    finals: dict[Any, list[bool]] = {}
    over: set[Any] = set()

    def all_final() -> bool:
        finals.clear()
        for record in TopicReader(system.settings.kafka_bootstrap).records(result):
            row = json.loads(record.value)
            key = _moment(row[names[0]]), row[names[1]]
            finals.setdefault(key, []).append(row["is_final"])
            if _moment(row["window_end"]) + LATENESS <= end:
                over.add(key)
        return bool(over) and all(finals[key][-1] for key in over)

    wait_until(all_final, f"final rows of {result}", seconds)
    assert [key for key, flags in finals.items() if any(flags[:-1])] == []
    return len(over)


def check_funnel(system: System, arrivals: Arrivals, seconds: float = 60) -> int:
    """The ordered funnel is ClickHouse's; return how many rows it has."""
    steps = arrivals.db.execute((HERE / "exactness" / "funnel_steps.sql").read_text()).df()
    expected = funnel_rows(steps, load_funnel(JobSettings().funnel))

    def found() -> dict[Any, tuple[int, float]]:
        return {
            (datetime.fromisoformat(row["window_start"]), row["breakdown"], row["value"], row["step"]): (
                row["users"],
                row["median_seconds"],
            )
            for row in system.rows("funnel_conversions")
            if row["users"]
        }

    _equal("funnel_conversions", found, expected, seconds, lambda one, other: one == other)
    return len(expected)


def check_features(system: System, arrivals: Arrivals, features: FeatureSet, seconds: float = 90) -> int:
    """The features of every entity at the stream's end are those of a recount; return of how many entities."""
    db, files = arrivals.db, RECOUNTS[features.name]
    for statement in (HERE / "exactness" / f"{files.events}.sql").read_text().split(";\n"):
        db.execute(statement)
    expected = dict(enumerate(db.execute((HERE / "jobs" / f"{files.values}.sql").read_text()).fetchall()))
    rows_sql = (HERE / "exactness" / f"{files.logged}.sql").read_text()

    def found() -> dict[Any, tuple[Any, ...]]:
        answer = db.execute(rows_sql, [system.lake(features.name)])
        names = [column[0] for column in answer.description]
        order = [0, *(names.index(feature.name) for feature in features.features)]
        return dict(enumerate(tuple(_plain(row[place]) for place in order) for row in answer.fetchall()))

    _equal(features.name, found, expected, seconds, is_close)
    return len(expected)


def check_live_rows(system: System, result: str, seconds: float = 30) -> int:
    """The live rows of a result's newest windows are those of its topic; return how many there are."""
    store = LiveStore(system.settings.redis)
    live: set[_Row] = set()
    topic: set[_Row] = set()

    def equal() -> bool:
        windows = store.windows(result, most=50)
        start = "started_at" if result == "anomalies" else "window_start"
        rows = [{**row, "window_start": datetime.fromisoformat(row[start])} for row in system.rows(result)]
        topic.clear()
        topic.update(_comparable(row) for row in rows if row["window_start"] in windows)
        live.clear()
        live.update(map(_comparable, store.rows(result, windows)))
        return bool(live) and live == topic

    try:
        wait_until(equal, f"live rows of {result}", seconds)
    except AssertionError:
        pytest.fail(f"{result}: of {len(live)} live rows {list(live - topic)[:3]} are {list(topic - live)[:3]}")
    finally:
        store.close()
    return len(live)


def check_rebuilt(system: System, result: str, folder: Path) -> None:
    """The files of a backfill hold the last row of each window, or alert, of the topic that was over by its end."""
    with duckdb.connect() as db:
        db.execute("SET TimeZone = 'UTC'")
        answer = db.execute(f"SELECT * FROM read_parquet('{folder}/part-*')")
        names = [column[0] for column in answer.description]
        rows = [dict(zip(names, row, strict=True)) for row in answer.fetchall()]
    rebuilt = {_comparable_last(result, row) for row in rows}
    assert len(rebuilt) == len(rows) > 0, result
    topic = {_comparable_last(result, row) for row in system.rows(result)}
    assert sorted(rebuilt - topic)[:3] == [], result
    # Neither those that were under way at the end of the time that was rebuilt, nor anything else.
    last = max(row.get("window_end") or row.get("ended_at") or row["window_start"] for row in rows)
    over = [
        row
        for row in system.rows(result)
        if row.get("is_final", row.get("status") == "closed")
        and _moment(row.get("window_end") or row.get("ended_at") or row["window_start"]) <= last
    ]
    assert {_comparable_last(result, row) for row in over} == rebuilt, result


def _comparable_last(result: str, row: dict[str, Any]) -> _Row:
    times = {
        name: _moment(value) if isinstance(value, str) else value
        for name, value in row.items()
        if name.startswith("window_") or name.endswith("_at")
    }
    left_out = _SAID_WHEN if result == "anomalies" else ()
    return tuple(sorted((name, str(value)) for name, value in {**row, **times}.items() if name not in left_out))


def _comparable(row: dict[str, Any]) -> _Row:
    # What says the window's length is not in a live row; text, so that rows with nulls can be compared.
    return tuple(sorted((name, str(value)) for name, value in row.items() if name not in ("window_end", "started_at")))


def _equal(
    what: str,
    read: Callable[[], dict[Any, tuple[Any, ...]]],
    expected: dict[Any, tuple[Any, ...]],
    seconds: float,
    same: Callable[[Any, Any], bool],
) -> None:
    """Read until all is as expected; fail with some of what is not."""
    found: dict[Any, tuple[Any, ...]] = {}

    def equal() -> bool:
        found.clear()
        found.update(read())
        return found.keys() == expected.keys() and all(same(found[key], expected[key]) for key in expected)

    try:
        wait_until(equal, what, seconds)
    except AssertionError:
        wrong = [key for key in expected.keys() | found.keys() if not same(found.get(key), expected.get(key))]
        pytest.fail(
            f"{what}: {len(wrong)} of {len(expected)} differ: "
            + "; ".join(f"{key}: {found.get(key)} is {expected.get(key)}" for key in wrong[:5])
        )


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=None)


def _plain(value: Any) -> Any:
    return value.timestamp() * 1e6 if isinstance(value, datetime) else value
