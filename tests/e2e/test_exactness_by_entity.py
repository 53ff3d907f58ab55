"""Funnels, features, alerts and live rows of the same run, each against a computation of its own."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from flink_jobs.features.schema import FEATURE_SETS, FeatureSet
from flink_jobs.job_metrics import JobMetrics
from flink_jobs.live.live_store import SIZES
from tests.e2e.conftest import SECONDS, ExactRun
from tests.exactness.checks import check_features, check_funnel, check_live_rows, check_rebuilt
from tests.exactness.system import wait_until
from tests.exactness.threshold_alerts import LATENESS, Alert

pytestmark = pytest.mark.timeout(2 * SECONDS + 300)


def test_funnel_conversions_equal_windowfunnel(exact_run: ExactRun) -> None:
    assert check_funnel(exact_run.system, exact_run.arrivals) > 100


@pytest.mark.parametrize("features", FEATURE_SETS, ids=lambda features: features.name)
def test_the_features_of_every_entity_equal_the_computation_on_the_clean_events(
    exact_run: ExactRun, features: FeatureSet
) -> None:
    assert check_features(exact_run.system, exact_run.arrivals, features) > 100


def test_a_backfill_writes_the_rows_that_the_stream_wrote(exact_run: ExactRun, tmp_path: Path) -> None:
    db, system = exact_run.arrivals.db, exact_run.system
    lake = f"read_parquet('{system.lake('events')}')"
    (end,) = db.execute(f"SELECT max(timestamp) FROM {lake} WHERE NOT is_late").fetchone() or (None,)
    assert end is not None
    # By the stream's end all that is over by then is final, and every alert that has ended is closed.
    until = end - timedelta(minutes=45)
    rebuilt = tmp_path / "rebuilt"
    start = (until - timedelta(days=1)).isoformat()
    system.shopstream("jobs", "backfill", "--into", str(rebuilt), "--from", start, "--to", until.isoformat())
    differences: dict[str, int] = {}

    def equal() -> bool:
        for features in FEATURE_SETS:
            written = f"FROM read_parquet('{system.lake(features.name)}') WHERE event_timestamp < '{until.isoformat()}'"
            again = f"FROM read_parquet('{rebuilt}/{features.name}/*/part-*')"
            columns = "* EXCLUDE (created_timestamp)"
            for one, other in ((written, again), (again, written)):
                (count,) = db.execute(
                    f"SELECT count(*) FROM (SELECT {columns} {one} EXCEPT ALL SELECT {columns} {other})"
                ).fetchone() or (None,)
                differences[f"{features.name} {'written' if one == written else 'rebuilt'}"] = count
            (size,) = db.execute(f"SELECT count(*) {again}").fetchone() or (0,)
            assert size > 1000
        return not any(differences.values())

    try:
        wait_until(equal, "the log of the stream", 60)
    except AssertionError:
        pytest.fail(f"rows without an equal: {differences}")
    for result in SIZES:
        check_rebuilt(system, result, rebuilt / result)


def test_the_alerts_on_thresholds_are_those_of_the_clean_events(exact_run: ExactRun) -> None:
    (end,) = exact_run.arrivals.db.execute("SELECT max(ts) FROM clean").fetchone() or (None,)
    assert end is not None
    # When the stream falls silent event time goes on with the clock, so a few more hours may be judged.
    certain = exact_run.hours.closed(end - LATENESS)
    possible = exact_run.hours.closed(end + timedelta(days=1))
    found: set[Alert] = set()

    def equal() -> bool:
        found.clear()
        for row in exact_run.system.rows("anomalies"):
            if row["status"] == "closed":
                times = {name: _moment(row[name]) for name in ("started_at", "ended_at", "peak_at")}
                found.add(Alert(**{**{name: row[name] for name in ("kind", "event_type", "peak")}, **times}))
        return certain <= found <= possible

    try:
        wait_until(equal, "alerts", 60)
    except AssertionError:
        pytest.fail(f"missing {sorted(certain - found)[:5]}, made up {sorted(found - possible)[:5]}")
    assert {alert.kind for alert in certain} == {"count_threshold", "intensity_threshold"}


@pytest.mark.parametrize("result", SIZES)
def test_live_rows_are_the_rows_of_the_topic(exact_run: ExactRun, result: str) -> None:
    # To read a million rows once takes half a minute.
    check_live_rows(exact_run.system, result, SECONDS)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=None)


def test_compaction_changes_no_row_while_the_job_goes_on(exact_run: ExactRun) -> None:
    db, system = exact_run.arrivals.db, exact_run.system
    begun = datetime.now(UTC).replace(tzinfo=None) - timedelta(seconds=30)

    def rows(table: str, condition: str = "TRUE") -> tuple[Any, ...]:
        files = f"read_parquet('{system.lake(table)}', hive_partitioning = true)"
        # The sum of the rows' hashes is the same in any order, and another when a row is missing, double or changed.
        return db.execute(f"SELECT count(*), sum(hash(t)::HUGEINT) FROM {files} t WHERE {condition}").fetchall()[0]

    def all_rows() -> list[tuple[Any, ...]]:
        # Values still decay, and give rows of their own.
        known = f"created_timestamp < '{begun}'"
        return [rows("events"), *(rows(one.name, known) for one in FEATURE_SETS)]

    def files() -> int:
        return sum(one["files"] for one in json.loads(system.shopstream("lake", "show", "--json")))

    before, count = all_rows(), files()
    report = json.loads(system.shopstream("lake", "compact", "--min-age", "0", "--json"))
    assert report["merged_files"] > 3
    # Files may have come meanwhile.
    assert files() <= count - report["files"] + report["merged_files"] + 50
    assert all_rows() == before
    (job,) = system.cluster.live_jobs()
    done = JobMetrics(system.settings.flink_rest, job.id).checkpoints()[0]
    wait_until(
        lambda: JobMetrics(system.settings.flink_rest, job.id).checkpoints()[0] != done, "another checkpoint", 60
    )
    assert [one.state for one in system.cluster.live_jobs()] == ["RUNNING"]
    assert all_rows() == before
