"""The Flink job on a real cluster with hard input: poison, a clock in 2099, duplicates and late events."""

import base64
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import duckdb
import pytest
from kafka import KafkaProducer

from benchmarks.usage import descendants
from deploy.stack.run import Run
from deploy.stack.settings import ROOT, StackSettings
from flink_jobs.cluster import Cluster, Job
from flink_jobs.job_metrics import JobMetrics
from flink_jobs.results import Selection
from flink_jobs.snapshots import Snapshots
from ingestion import topic_admin
from ingestion.errors import ShopstreamError
from ingestion.topic_reader import TopicReader
from tests.integration import operator_ids
from tests.integration.conftest import FlinkCluster
from tests.job_settings import job_settings

pytestmark = pytest.mark.timeout(400)
START = (datetime.now(UTC) - timedelta(hours=2)).replace(minute=0, second=0, microsecond=0)

SETTINGS = {"checkpoint_seconds": 2, "silence_seconds": 2, "consumer_group": "test-job"}

POISON = {
    b"{": "not_json",
    b'{"event_id": "nan", "x": NaN}': "not_json",
    b"\xff\xfe": "not_json",
    b"[1, 2]": "not_an_object",
    b'{"event_type": "page_view", "timestamp": "2026-01-01T00:00:00Z"}': "missing_field",
    b'{"event_id": "b1", "event_type": "page_view", "timestamp": "yesterday"}': "bad_timestamp",
    b'{"event_id": "b2", "event_type": "purchase", "timestamp": "2026-01-01T00:00:00Z"}': "bad_value",
    b'{"event_id": "b3", "event_type": "page_view", "timestamp": "2099-01-01T00:00:00Z"}': "future_timestamp",
}


def page_view(event_id: str, minute: float, user: str, page: str = "/") -> bytes:
    moment = START + timedelta(minutes=minute)
    return json.dumps(
        {
            "event_id": event_id,
            "event_type": "page_view",
            "timestamp": moment.isoformat(),
            "user_id": user,
            "session_id": f"s-{user}",
            "properties": {"page": page},
        }
    ).encode()


@pytest.fixture(scope="module")
def job(
    stack_settings: StackSettings, kafka_bootstrap: str, valkey_address: str, flink_cluster: FlinkCluster
) -> Iterator[StackSettings]:
    assert valkey_address == stack_settings.redis
    topic_admin.apply(kafka_bootstrap)
    cluster = Cluster(flink_cluster.rest)
    cluster.submit(job_settings(stack_settings, **SETTINGS))
    yield stack_settings
    cluster.stop(running(cluster), stack_settings.home)


def wait_until(found: Callable[[], Any], wanted: Any, seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while (last := found()) != wanted:
        assert time.monotonic() < deadline, last
        time.sleep(0.3)


def page_views(settings: StackSettings) -> dict[tuple[str, str], tuple[int, int]]:
    rows = map(json.loads, TopicReader(settings.kafka_bootstrap).latest("page_views").values())
    return {
        (row["window_start"], row["page"]): (row["page_views"], row["unique_users"])
        for row in rows
        if row["page"].startswith("/job")
    }


def finals(settings: StackSettings, window: tuple[str, str]) -> list[bool]:
    """Whether each row of the window is the final one, in the order in which they were written."""
    rows = [json.loads(record.value) for record in TopicReader(settings.kafka_bootstrap).records("page_views")]
    return [row["is_final"] for row in rows if (row["window_start"], row["page"]) == window]


def lake(settings: StackSettings) -> list[tuple[str, bool, bool]]:
    files = settings.home / "lake" / "events"
    if not any(files.glob("**/part-*")):
        return []
    return duckdb.execute(
        "SELECT event_id, is_late, is_duplicate FROM read_parquet(?) WHERE page LIKE '/job%' ORDER BY ALL",
        [f"{files}/**/part-*"],
    ).fetchall()


def test_poison_duplicates_and_late_events(job: StackSettings) -> None:
    producer = KafkaProducer(bootstrap_servers=job.kafka_bootstrap, acks="all")

    def send(*values: bytes) -> list[int]:
        return [producer.send("web_events", value, partition=2).get(30).offset for value in values]

    too_large = page_view("large", 0, "u", "/" + "x" * 300_000)
    send(page_view("a", 0.1, "u1", "/job"), page_view("b", 0.2, "u2", "/job"), page_view("c", 0.3, "u1", "/job"))
    offsets = dict(zip([*POISON, too_large], send(*POISON, too_large), strict=True))
    # Neither the clock in 2099 nor any other poison has moved event time: this still counts.
    send(page_view("d", 0.4, "u3", "/job"), page_view("a", 0.1, "u1", "/job"))
    first = (START.strftime("%Y-%m-%dT%H:%M:%SZ"), "/job")
    wait_until(lambda: page_views(job).get(first), (4, 3))
    # There long before event time has come so far that the window can be final.
    assert not any(finals(job, first))

    # Half an hour later, then one that is five minutes late, and one that is half an hour late.
    later = (START + timedelta(minutes=30)).strftime("%Y-%m-%dT%H:%M:%SZ"), "/job"
    send(page_view("e", 30.5, "u1", "/job"))
    wait_until(lambda: page_views(job).get(later), (1, 1))
    between = (START + timedelta(minutes=25)).strftime("%Y-%m-%dT%H:%M:%SZ"), "/job"
    send(page_view("f", 25.5, "u2", "/job"), page_view("g", 0.5, "u4", "/job"))
    wait_until(lambda: page_views(job).get(between), (1, 1))

    expected = [(name, name == "g", False) for name in "abcdefg"]
    wait_until(lambda: lake(job), sorted([*expected, ("a", False, True)]))
    assert page_views(job) == {first: (4, 3), between: (1, 1), later: (1, 1)}
    wait_until(lambda: finals(job, first)[-1], True)
    assert finals(job, first).count(True) == 1
    assert not any(finals(job, later))

    def dead_letters() -> list[tuple[str, int, bytes]]:
        found = [json.loads(record.value) for record in TopicReader(job.kafka_bootstrap).records("dead_letter_events")]
        return sorted(
            (row["error_code"], row["source_offset"], base64.b64decode(row["raw_base64"]))
            for row in found
            if row["source_topic"] == "web_events" and row["source_partition"] == 2
        )

    codes = {**POISON, too_large: "too_large"}
    wait_until(dead_letters, sorted((code, offsets[value], value[:262_144]) for value, code in codes.items()))
    producer.close()


def test_neither_a_long_event_type_nor_a_huge_key_stops_the_job(job: StackSettings) -> None:
    longest = "漢" * 66 + "xx"
    named = json.loads(page_view("longest", 30.6, "u9", "/longest")) | {"event_type": longest}
    with KafkaProducer(bootstrap_servers=job.kafka_bootstrap, acks="all") as producer:
        producer.send("general_events", json.dumps(named).encode()).get(30)
        offset = producer.send("error_events", b"{", key=b"k" * 900_000).get(30).offset
    files = f"{job.home}/lake/events/**/part-*"
    query = "SELECT event_type FROM read_parquet(?, hive_partitioning = true) WHERE event_id = 'longest'"
    wait_until(lambda: duckdb.execute(query, [files]).fetchall(), [(longest,)])

    def keys() -> list[bytes]:
        found = [json.loads(record.value) for record in TopicReader(job.kafka_bootstrap).records("dead_letter_events")]
        mine = [row for row in found if (row["source_topic"], row["source_offset"]) == ("error_events", offset)]
        return [base64.b64decode(row["key_base64"]) for row in mine]

    wait_until(keys, [b"k" * 16_383])


def test_a_job_goes_on_from_its_savepoint(job: StackSettings, flink_cluster: FlinkCluster) -> None:
    """What was counted before is counted on, not anew; what was seen before is still a duplicate."""
    settings = job_settings(job, **SETTINGS)
    window = (START + timedelta(minutes=30)).strftime("%Y-%m-%dT%H:%M:%SZ"), "/job"
    assert page_views(job)[window] == (1, 1)
    final = START.strftime("%Y-%m-%dT%H:%M:%SZ"), "/job"
    rows_before = finals(job, final)
    cluster = Cluster(flink_cluster.rest)
    savepoint = cluster.stop(running(cluster), job.home)
    check_operator_ids(savepoint)
    forgetful = subprocess.run(
        [sys.executable, "-m", "deploy.cli", "jobs", "submit"],
        env={**os.environ, **flink_cluster.environment, **settings.environment()},
        capture_output=True,
        text=True,
        check=False,
    )
    assert forgetful.returncode == 1
    assert "go on from what it had counted with --savepoint file:" in forgetful.stderr
    with KafkaProducer(bootstrap_servers=job.kafka_bootstrap, acks="all") as producer:
        for value in (page_view("e", 30.5, "u1", "/job"), page_view("h", 30.7, "u2", "/job")):
            producer.send("web_events", value, partition=2).get(30)
    cluster.submit(settings, savepoint=savepoint)
    wait_until(lambda: page_views(job)[window], (2, 2))
    wait_until(
        lambda: [row for row in lake(job) if row[0] in "eh"],
        [("e", False, False), ("e", False, True), ("h", False, False)],
    )
    assert finals(job, final) == rows_before


def test_the_job_needs_no_process_beside_the_taskmanager(job: StackSettings) -> None:
    leader = Run(job, "flink-taskmanager").leader
    assert leader is not None
    assert descendants(leader.pid) == []


def check_operator_ids(savepoint: str) -> None:
    """Who changes how operators are put together must know that older savepoints no longer fit."""
    told = subprocess.run(
        [sys.executable, "-m", "tests.integration.operator_ids", urlsplit(savepoint).path],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    changed = set(json.loads(told.stdout).items()) ^ set(json.loads(operator_ids.KNOWN.read_text()).items())
    assert not changed, (
        "jobs cannot be restored from savepoints of before: if that is meant, say so in CHANGELOG.md, and write"
        f" what tests.integration.operator_ids prints into operator_ids.json: {sorted(changed)}"
    )


def event_time(cluster: Cluster, flink: FlinkCluster) -> float:
    """The watermark behind the sources, in milliseconds, as Flink last told it; it tells it up to 10 s late."""
    return sum(
        value for _, value in JobMetrics(flink.rest, running(cluster).id).sums(["flag-late.currentOutputWatermark"])
    )


def code_without_a_feature(folder: Path) -> Path:
    """A copy of the code whose list of features lacks ``conversion_rate_24h``."""
    built = ROOT / "flink_jobs" / "operators"
    for package in ("deploy", "feature_repo", "flink_jobs", "ingestion"):
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("operators", "__pycache__"))
    (folder / "flink_jobs" / "operators").symlink_to(built)
    schema = folder / "flink_jobs" / "features" / "schema.py"
    lines = schema.read_text().splitlines(keepends=True)
    kept = [line for line in lines if '"conversion_rate_24h"' not in line]
    assert len(kept) == len(lines) - 1
    schema.write_text("".join(kept))
    return folder


def test_a_job_with_a_changed_list_of_features_goes_on_from_its_savepoint(
    job: StackSettings, flink_cluster: FlinkCluster, tmp_path: Path
) -> None:
    def features() -> dict[str, Any]:
        row: dict[str, Any] = json.loads(TopicReader(job.kafka_bootstrap).latest("user_features", b"u1")[b"u1"])
        return row

    cluster = Cluster(flink_cluster.rest)
    before = features()
    assert before["total_events_24h"] > 1
    assert "conversion_rate_24h" in before
    stopped_at = event_time(cluster, flink_cluster)
    savepoint = cluster.stop(running(cluster), job.home)
    submitted = subprocess.run(
        [sys.executable, "-m", "deploy.cli", "jobs", "submit", "--savepoint", savepoint],
        env={**os.environ, **flink_cluster.environment, **job_settings(job, **SETTINGS).environment()},
        cwd=code_without_a_feature(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert submitted.returncode == 0, submitted.stderr
    # No event has come since, and yet values decay.
    wait_until(lambda: event_time(cluster, flink_cluster) > stopped_at, True)
    with KafkaProducer(bootstrap_servers=job.kafka_bootstrap, acks="all") as producer:
        producer.send("web_events", page_view("fewer", 40, "u1", "/job/fewer"), partition=2).get(30)
    wait_until(lambda: features()["total_events_24h"], before["total_events_24h"] + 1)
    after = features()
    assert after.keys() == before.keys() - {"conversion_rate_24h"}
    assert after["first_seen"] == before["first_seen"]
    assert after["version"] > before["version"]


def test_results_run_alone_beside_each_other(job: StackSettings, flink_cluster: FlinkCluster) -> None:
    settings, cluster = job_settings(job, **SETTINGS), Cluster(flink_cluster.rest)
    with pytest.raises(ShopstreamError, match=r"test-job\) runs already and has lake, page_views: stop it first"):
        cluster.submit(settings, Selection.of(["page_views", "lake"]))
    cluster.stop(running(cluster), job.home)
    for result in ("page_views", "lake"):
        cluster.submit(settings, Selection.of([result]))
    assert {found.name for found in cluster.jobs() if found.state == "RUNNING"} == {
        "test-job-page_views",
        "test-job-lake",
    }
    with KafkaProducer(bootstrap_servers=job.kafka_bootstrap, acks="all") as producer:
        producer.send("web_events", page_view("alone", 45.5, "u1", "/job/alone"), partition=2).get(30)
    window = (START + timedelta(minutes=45)).strftime("%Y-%m-%dT%H:%M:%SZ"), "/job/alone"
    wait_until(lambda: page_views(job).get(window), (1, 1))
    wait_until(lambda: ("alone", False, False) in lake(job), True)
    page_views_job, lake_job = (running(cluster, f"test-job-{result}") for result in ("page_views", "lake"))
    savepoint = cluster.stop(page_views_job, job.home)
    newest = Snapshots(job.home, "test-job-page_views", job.flink_rest).newest()
    assert newest is not None
    assert Path(urlsplit(newest).path) == Path(urlsplit(savepoint).path)
    assert Snapshots(job.home, "test-job-lake", job.flink_rest).newest() != newest
    cluster.stop(lake_job, job.home)
    cluster.submit(settings, savepoint=Snapshots(job.home, "test-job", job.flink_rest).newest())


def running(cluster: Cluster, name: str = "test-job") -> Job:
    (found,) = [listed for listed in cluster.jobs() if listed.state == "RUNNING" and listed.name == name]
    return found
