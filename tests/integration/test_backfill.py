"""``shopstream features backfill`` on a real cluster, over a lake made by hand, against a recount in DuckDB."""

import json
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from deploy.stack.settings import ROOT
from tests.event_lake import lake_event, write_lake
from tests.integration.conftest import FlinkCluster
from tests.jobs.test_user_features import compare, shop_events

pytestmark = pytest.mark.timeout(300)


def shopstream(environment: dict[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "deploy.cli", *arguments],
        env={**os.environ, **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def log_rows(log: Path) -> list[dict[str, Any]]:
    with duckdb.connect() as db:
        db.execute("SET TimeZone = 'UTC'")
        found = db.execute(
            "SELECT * REPLACE (strftime(event_timestamp, '%Y-%m-%d %H:%M:%S.%f') AS event_timestamp,"
            " strftime(first_seen, '%Y-%m-%d %H:%M:%S') AS first_seen,"
            " strftime(last_seen, '%Y-%m-%d %H:%M:%S') AS last_seen)"
            f" FROM read_parquet('{log}/*/part-*', hive_partitioning = true)"
        )
        names = [column[0] for column in found.description]
        rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    return [{**row, "event_us": row["event_timestamp"]} for row in rows]


def test_days_are_rebuilt_in_place(flink_cluster: FlinkCluster, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    environment = {**flink_cluster.environment, "SHOPSTREAM_LAKE": str(lake)}
    events = shop_events(seed=11, users=25, count=3000)
    write_lake(lake / "events", [lake_event(event) for event in events])
    days = sorted({event["timestamp"][:10] for event in events})
    first, until = days[1], days[-1]
    assert first < until
    # The log has a day that stays and one that is wrong; the others are not there.
    for day in (days[0], first):
        folder = lake / "user_features" / f"day={day}"
        folder.mkdir(parents=True)
        (folder / "part-old").write_text("old")

    done = shopstream(environment, "features", "backfill", "--from", first, "--to", until, "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert (report["start"][:10], report["until"][:10]) == (first, until)
    assert 0 < report["events"] <= len(events)
    assert (lake / "user_features" / f"day={days[0]}" / "part-old").read_text() == "old"
    assert not (lake / "user_features" / f"day={first}" / "part-old").exists()
    assert not list(lake.glob(".backfill*"))

    (lake / "user_features" / f"day={days[0]}" / "part-old").unlink()
    rows = log_rows(lake / "user_features")
    assert {row["event_us"][:10] for row in rows} == {day for day in days if first <= day < until}
    known = {row["user_id"] for row in rows}
    # At each event of the days rebuilt there is a row; before them there is none to compare.
    probes = [
        (event["user_id"], datetime.fromisoformat(event["timestamp"]))
        for event in events
        if first <= event["timestamp"][:10] < until and event["user_id"] in known
    ]
    assert len(probes) > 300
    compare(rows, events, probes)


def test_an_empty_lake_is_named(flink_cluster: FlinkCluster, tmp_path: Path) -> None:
    environment = {**flink_cluster.environment, "SHOPSTREAM_LAKE": str(tmp_path)}
    done = shopstream(environment, "features", "backfill")
    assert done.returncode == 1
    assert done.stderr.startswith(f"shopstream: The event lake {tmp_path}/events has no files yet")
