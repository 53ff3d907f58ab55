"""A backfill over the lake writes the very rows that the stream wrote, live, with late and repeated events."""

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from flink_jobs import sinks, sources
from flink_jobs.backfill import arrivals
from flink_jobs.backfill import job as backfill
from flink_jobs.environment import table_environment
from flink_jobs.features import job as features
from flink_jobs.features.schema import FEATURE_SETS
from flink_jobs.lake import job as lake
from flink_jobs.settings import JobSettings
from flink_jobs.statement import statement
from tests.jobs.records import create_bounded_records
from tests.jobs.test_user_features import shop_events

LAST = datetime.now(UTC).replace(microsecond=0)


def arriving(seed: int, share_live: float) -> list[dict[str, Any]]:
    """Events up to now in the order of arrival: a third up to ten minutes late, some later, some twice."""
    rng = random.Random(seed)
    events = shop_events(seed, users=20, count=2000)
    # The last of them happen in the last minutes, when the stream is live.
    last = datetime.fromisoformat(events[int((len(events) - 1) * (1 - share_live))]["timestamp"])
    delayed = []
    for event in events:
        happened = datetime.fromisoformat(event["timestamp"]) + (LAST - last)
        event["timestamp"] = happened.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        if event["event_type"] in ("product_view", "add_to_cart"):
            event["properties.product_id"] = f"p{rng.randrange(5)}"
        delay = rng.choice([0, 0, rng.uniform(0, 590), rng.uniform(0, 900)])
        delayed.append((happened + timedelta(seconds=delay), event))
        if rng.random() < 0.05:
            delayed.append((happened + timedelta(seconds=delay + 60), event))
    return [event for _, event in sorted(delayed, key=lambda pair: pair[0])]


def stream(folder: Path, events: list[dict[str, Any]]) -> None:
    """Let the stream write its lake and its feature logs; the watermark moves with every event."""
    t_env = table_environment(JobSettings(), "stream", bounded=True)
    t_env.get_config().set("pipeline.auto-watermark-interval", "0 ms")
    create_bounded_records(t_env, folder / "in", events, "'0' SECOND")
    sources.create_event_views(t_env)
    t_env.execute_sql(statement("flink_jobs.lake", "lake_events", path=folder / "events"))
    lake.create_views(t_env)
    features.create_views(t_env)
    features.create_written_views(t_env)
    statements = t_env.create_statement_set()
    statements.add_insert_sql(lake.inserts()[0])
    for one, insert in zip(FEATURE_SETS, features.log_inserts(), strict=True):
        sinks.create_feature_log(t_env, one, str(folder / "stream" / one.name))
        statements.add_insert_sql(insert)
    statements.execute().wait()


def rebuild(folder: Path, start: datetime, until: datetime) -> None:
    """Rebuild the logs from the lake."""
    arrivals.write(str(folder / "events"), until, folder / "arrivals")
    t_env = table_environment(JobSettings(), "backfill", bounded=True)
    backfill.create_events(t_env, str(folder / "arrivals"))
    statements = t_env.create_statement_set()
    for insert in backfill.inserts(
        t_env, JobSettings(), [one.name for one in FEATURE_SETS], str(folder / "rebuilt"), start, until
    ):
        statements.add_insert_sql(insert)
    statements.execute().wait()


def plain(moment: datetime) -> str:
    """A time of UTC as Flink's files hold it."""
    return f"{moment:%Y-%m-%d %H:%M:%S.%f}"


@pytest.mark.parametrize(("seed", "share_live"), [(21, 0.0), (22, 0.5), (23, 0.9)])
def test_the_rebuilt_rows_are_those_of_the_stream(tmp_path: Path, seed: int, share_live: float) -> None:
    events = arriving(seed, share_live)
    stream(tmp_path, events)
    db = duckdb.connect()
    db.execute("SET TimeZone = 'UTC'")
    lake_files = f"read_parquet('{tmp_path}/events/*/*/*/*/part-*')"
    counted = f"FROM {lake_files} WHERE NOT is_late AND NOT is_duplicate"
    shares = db.execute(
        "SELECT avg(in_backlog::INT), avg(is_late::INT), avg(is_duplicate::INT), count(DISTINCT stream_time)"
        f" FROM {lake_files}"
    ).fetchall()[0]
    assert 0.3 * share_live <= 1 - shares[0] <= 1
    assert min(shares[1:3]) > 0.01
    assert shares[3] > 500
    ((first, last),) = db.execute(f"SELECT min(timestamp), max(timestamp) {counted}").fetchall()
    start, until = first.replace(tzinfo=UTC) + (last - first) / 5, last.replace(tzinfo=UTC)
    rebuild(tmp_path, start, until)
    for one in FEATURE_SETS:
        written = (
            f"SELECT * EXCLUDE (created_timestamp) FROM read_parquet('{tmp_path}/stream/{one.name}/*/part-*')"
            f" WHERE event_timestamp >= '{plain(start)}' AND event_timestamp < '{plain(until)}'"
        )
        again = f"SELECT * EXCLUDE (created_timestamp) FROM read_parquet('{tmp_path}/rebuilt/{one.name}/*/part-*')"
        (size,) = db.execute(f"SELECT count(*) FROM ({written})").fetchall()[0]
        assert size > 500
        assert db.execute(f"{written} EXCEPT ALL {again}").fetchall() == []
        assert db.execute(f"{again} EXCEPT ALL {written}").fetchall() == []
