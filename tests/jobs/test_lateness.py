"""Which events are late, against a recount of each partition in DuckDB."""

import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from flink_jobs import sources
from flink_jobs.environment import table_environment
from flink_jobs.settings import JobSettings
from tests.jobs.records import create_bounded_records

START = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


def arrivals(seed: int) -> list[dict[str, Any]]:
    """Three partitions read at different speeds, each with events up to half an hour behind its newest."""
    rng = random.Random(seed)
    clocks = dict.fromkeys((("web_events", 0), ("web_events", 1), ("search_events", 0)), START)
    events = []
    for number in range(3_000):
        source = rng.choices(list(clocks), (6, 3, 1))[0]
        clocks[source] += timedelta(seconds=rng.uniform(0, 20))
        behind = rng.choice([0, 0, 0, rng.uniform(0, 1800), 599.999, 600, 600.001])
        moment = clocks[source] - timedelta(seconds=behind)
        events.append(
            {
                "event_id": f"e{number}",
                "event_type": "page_view",
                "timestamp": moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
                "user_id": f"u{number % 7}",
                "topic": source[0],
                "partition": source[1],
                "offset": number,
            }
        )
    return events


def test_late_is_ten_minutes_behind_the_newest_of_the_partition(tmp_path: Path) -> None:
    events = arrivals(3)
    t_env = table_environment(JobSettings(live_row_ms=0), "test", bounded=True)
    # A watermark far behind leaves the verdict to the partitions.
    create_bounded_records(t_env, tmp_path / "in", events, lag="'10' HOUR")
    sources.create_event_views(t_env)
    t_env.execute_sql(
        "CREATE TEMPORARY TABLE out_rows (event_id STRING, is_late BOOLEAN, is_duplicate BOOLEAN)"
        f" WITH ('connector' = 'filesystem', 'path' = '{tmp_path}/out', 'format' = 'json')"
    )
    t_env.execute_sql("INSERT INTO out_rows SELECT event_id, is_late, is_duplicate FROM events").wait()
    found = [json.loads(line) for part in (tmp_path / "out").iterdir() for line in part.read_text().splitlines()]
    frame = pd.DataFrame(events)
    expected = duckdb.sql(
        """
        WITH timed AS (
            SELECT event_id, topic, "partition", "offset", date_trunc('milliseconds', "timestamp"::TIMESTAMP) AS moment
            FROM frame
        )
        SELECT event_id, coalesce(moment < max(moment) OVER (
            PARTITION BY topic, "partition" ORDER BY "offset" ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) - INTERVAL 10 MINUTE, FALSE) AS is_late
        FROM timed
        """
    ).fetchall()
    assert len(frame) == 3_000 and 200 < sum(late for _, late in expected) < 2_000
    assert {row["event_id"]: row["is_late"] for row in found} == dict(expected)
    assert not any(row["is_duplicate"] for row in found)
