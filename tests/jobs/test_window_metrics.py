"""Window metrics against a recount of the clean events in DuckDB; arrivals are shuffled, repeated and late."""

import json
import random
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from flink_jobs import sources
from flink_jobs.environment import table_environment
from flink_jobs.metrics import job
from flink_jobs.metrics.window_metric import EVENT_WINDOWS, RESULTS
from flink_jobs.settings import JobSettings
from flink_jobs.statement import statement
from tests.jobs.records import create_bounded_records

START = datetime(2026, 3, 1, 22, 30, tzinfo=UTC)
TYPES = ["page_view", "page_view", "product_view", "add_to_cart", "checkout", "purchase", "purchase", "search", "Ätsch"]
LONG_PAGE = "/" + "long" * 300

EXPECTED = {
    "page_views": """
        SELECT time_bucket(INTERVAL 1 MINUTE, ts) AS w, w + INTERVAL 1 MINUTE,
            CASE WHEN len(page) > 1000 THEN page[:960] || '#' || md5(page) ELSE page END AS key,
            count(*), count(DISTINCT user_id)
        FROM clean WHERE event_type = 'page_view' AND page IS NOT NULL GROUP BY w, key""",
    "revenue": """
        SELECT time_bucket(INTERVAL 5 MINUTE, ts) AS w, w + INTERVAL 5 MINUTE, coalesce(currency, 'USD') AS key,
            sum(least(total, 1e9)::DECIMAL(30, 6))::DOUBLE, count(*),
            sum(least(total, 1e9)::DECIMAL(30, 6))::DOUBLE / count(*)
        FROM clean WHERE event_type = 'purchase' GROUP BY w, key""",
    "user_activity": """
        SELECT time_bucket(INTERVAL 10 MINUTE, ts) AS w, w + INTERVAL 10 MINUTE, user_id AS key, count(*),
            count(DISTINCT session_id), list_sort(list(DISTINCT event_type))
        FROM clean WHERE user_id IS NOT NULL GROUP BY w, key""",
    "funnel_stages": """
        SELECT time_bucket(INTERVAL 15 MINUTE, ts) AS w, w + INTERVAL 15 MINUTE, event_type AS key, count(*),
            count(DISTINCT user_id)
        FROM clean WHERE event_type IN ('product_view', 'add_to_cart', 'checkout', 'purchase') GROUP BY w, key""",
    "event_windows": """
        SELECT w, w + INTERVAL 1 HOUR, event_type AS key, count(*), count(DISTINCT user_id),
            coalesce(count(*) / nullif(count(DISTINCT user_id), 0), 0)
        FROM (
            SELECT *, unnest(generate_series(
                time_bucket(INTERVAL 10 MINUTE, ts) - INTERVAL 50 MINUTE, ts, INTERVAL 10 MINUTE
            )) AS w FROM clean
        ) GROUP BY w, key""",
}
"""The columns of each result but ``is_final``."""


def arrivals(seed: int, count: int, delay: float) -> list[dict[str, Any]]:
    """Four hours of events as they arrive, each up to ``delay`` seconds late; many share a moment or lie on a bound."""
    rng = random.Random(seed)
    events = []
    for number in range(count):
        moment = START + timedelta(seconds=rng.choice([rng.uniform(0, 14_400), 60 * rng.randrange(240)]))
        kind = rng.choice(TYPES)
        user = rng.choice(
            [None, *(f"u{rng.randrange(25)}" for _ in range(8)), f"{rng.randrange(9)}-a-rather-long-name"]
        )
        event: dict[str, Any] = {
            "event_id": f"e{number}",
            "event_type": kind,
            "timestamp": moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "user_id": user,
            "session_id": rng.choice([None, f"{user}-{rng.randrange(4)}"]),
        }
        if kind == "page_view":
            event["properties.page"] = rng.choice([None, "/", "/a", "/b", "/€", LONG_PAGE, LONG_PAGE + "r"])
        if kind == "purchase":
            event["properties.total"] = rng.choice([0, round(rng.lognormvariate(3, 2), 2), 0.1, 1e9 + 1, 7e12])
            event["properties.currency"] = rng.choice([None, "USD", "EUR"])
        events.append(event)
    events += [event | {"properties.page": "/again"} for event in rng.sample(events, count // 20)]
    return sorted(
        events, key=lambda e: datetime.fromisoformat(e["timestamp"]) + timedelta(seconds=delay * rng.random())
    )


def run(folder: Path, events: list[dict[str, Any]], lag: str, parallelism: int) -> dict[str, list[dict[str, Any]]]:
    """Run the job's own views and statements over the arrivals; give the rows of each result as they came."""
    settings = JobSettings(live_row_ms=0, parallelism=parallelism)
    t_env = table_environment(settings, "test", bounded=True)
    create_bounded_records(t_env, folder / "in", events, lag)
    sources.create_event_views(t_env)
    job.create_views(t_env, settings)
    statements = t_env.create_statement_set()
    for metric, insert in zip(RESULTS, job.inserts(), strict=True):
        columns, _, _ = statement("flink_jobs.metrics", f"{metric.name}_topic", topic="", bootstrap="").partition(
            ") WITH ("
        )
        t_env.execute_sql(f"{columns}) WITH ({output(folder, metric.name)})")
        statements.add_insert_sql(insert)
    t_env.execute_sql(
        "CREATE TEMPORARY TABLE rows_out (window_start TIMESTAMP_LTZ(3), window_end TIMESTAMP_LTZ(3),"
        " event_type STRING, event_count BIGINT, unique_users BIGINT, events_per_user DOUBLE, is_final BOOLEAN)"
        f" WITH ({output(folder, EVENT_WINDOWS.name)})"
    )
    statements.add_insert_sql(
        "INSERT INTO rows_out SELECT window_start, window_end, event_type, event_count, unique_users, events_per_user,"
        " is_final FROM event_windows"
    )
    statements.execute().wait()
    return {
        name: [json.loads(line) for part in sorted((folder / name).iterdir()) for line in part.read_text().splitlines()]
        for name in EXPECTED
    }


def output(folder: Path, name: str) -> str:
    """A folder of files, each of which holds the rows of its keys in order."""
    return f"'connector' = 'filesystem', 'path' = '{folder}/{name}', 'format' = 'json'"


def recount(events: list[dict[str, Any]]) -> dict[str, set[tuple[Any, ...]]]:
    """The results over the clean events: the first of each id, if not ten minutes behind an earlier arrival."""
    frame = pd.DataFrame(events)
    assert len(frame.columns) == 8
    db = duckdb.connect()
    db.register("frame", frame)
    db.execute("""
        CREATE TABLE clean AS
        SELECT event_type, ts, user_id, session_id, "properties.page" AS page, "properties.total" AS total,
            "properties.currency" AS currency
        FROM (
            SELECT *, date_trunc('milliseconds', "timestamp"::TIMESTAMP) AS ts,
                max(ts) OVER (ORDER BY n ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS newest,
                row_number() OVER (PARTITION BY event_id ORDER BY n) AS again
            FROM (SELECT *, row_number() OVER () AS n FROM frame)
        ) WHERE again = 1 AND coalesce(ts >= newest - INTERVAL 10 MINUTE, TRUE)
    """)
    results = {}
    for name, query in EXPECTED.items():
        results[name] = {tuple(plain(value) for value in row) for row in db.execute(query).fetchall()}
    assert all(results.values())
    clean = db.execute("SELECT count(*) FROM clean").fetchone()
    assert clean
    results["clean"] = {clean}
    return results


def plain(value: Any) -> Any:
    """A value of DuckDB as Flink's JSON has it."""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}Z"
    if isinstance(value, float):
        return float(f"{value:.12g}")
    return tuple(value) if isinstance(value, list) else value


@pytest.mark.parametrize(("delay", "lag", "parallelism"), [(590, "'1' SECOND", 2), (1_100, "'0' SECOND", 1)])
def test_every_window_has_one_final_row_and_it_equals_a_recount(
    tmp_path: Path, delay: float, lag: str, parallelism: int
) -> None:
    events = arrivals(seed=int(delay), count=6_000, delay=delay)
    expected = recount(events)
    ((counted,),) = expected.pop("clean")
    # With a delay above ten minutes some are too late.
    assert (counted == 6_000) == (delay < 600) and counted > 3_000
    for name, rows in run(tmp_path, events, lag, parallelism).items():
        windows = defaultdict(list)
        for row in rows:
            *values, is_final = (plain(value) for value in row.values())
            windows[values[0], values[2]].append((tuple(values), is_final))
        for window, changes in windows.items():
            assert [is_final for _, is_final in changes].index(True) == len(changes) - 1, (name, window, changes)
        assert {changes[-1][0] for changes in windows.values()} == expected[name], name
