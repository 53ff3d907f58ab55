"""`shopstream alerts` on a real broker, and a running job that takes a new rule."""

import itertools
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaProducer
from pyflink.table import StreamTableEnvironment

from flink_jobs.anomalies import job
from flink_jobs.environment import table_environment
from flink_jobs.settings import JobSettings
from ingestion import topic_admin
from ingestion.topics import ALERT_RULES, ANOMALIES, Topic
from tests.integration.topic_tail import TopicTail

ROOT = Path(__file__).parents[2]
START = datetime(2026, 3, 5, tzinfo=UTC)
WINDOWS = Topic("test_event_windows", 1)

WINDOWS_TABLE = """
CREATE TEMPORARY TABLE event_windows (
    event_type STRING, window_start TIMESTAMP_LTZ(3), event_count BIGINT, unique_users BIGINT,
    window_time TIMESTAMP_LTZ(3), WATERMARK FOR window_time AS window_time - INTERVAL '0.001' SECOND
) WITH ('connector' = 'kafka', 'topic' = '{topic}', 'properties.bootstrap.servers' = '{bootstrap}',
        'properties.group.id' = 'test', 'scan.startup.mode' = 'earliest-offset',
        'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601')
"""


@pytest.fixture(scope="module")
def broker(kafka_bootstrap: str) -> str:
    topic_admin.apply(kafka_bootstrap)
    topic_admin.apply(kafka_bootstrap, topics=[WINDOWS])
    return kafka_bootstrap


@pytest.fixture
def rules(broker: str) -> Iterator[None]:
    """No rule is left over."""
    yield
    for rule in listed(broker, "list"):
        if rule["version"]:
            assert shopstream(broker, "remove", rule["kind"].partition("_")[0], "--event-type", rule["event_type"])


def shopstream(broker: str, *arguments: str, status: int = 0) -> str:
    """Run `shopstream alerts`; return what it prints, of a failure the sentence."""
    run = "from deploy.cli import main; from flink_jobs.anomalies.cli import alerts; main(alerts)"
    environment = {**os.environ, "SHOPSTREAM_KAFKA_BOOTSTRAP": broker, "COLUMNS": "100"}
    done = subprocess.run(
        [sys.executable, "-c", run, *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout if status == 0 else done.stderr.strip()


def listed(broker: str, *arguments: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(shopstream(broker, *arguments, "--json"))
    return found


@pytest.mark.usefixtures("rules")
def test_rules_are_set_replaced_and_removed(broker: str) -> None:
    defaults = listed(broker, "list")
    assert [(rule["kind"], rule["limit"], rule["version"]) for rule in defaults] == [
        ("count_threshold", 1000, 0),
        ("intensity_threshold", 100, 0),
        ("unusual", 5, 0),
    ]
    before = time.time()
    shopstream(broker, "set", "count", "--event-type", "purchase", "--limit", "4000")
    shopstream(broker, "set", "count", "--event-type", "purchase", "--limit", "5000")
    shopstream(broker, "set", "unusual", "--score", "6", "--min-history", "48")
    shopstream(broker, "set", "intensity", "--event-type", "odd/[red]type", "--off")
    rules = listed(broker, "list")[3:]
    assert [(r["kind"], r["event_type"], r["is_on"], r["limit"], r["min_history"]) for r in rules] == [
        ("count_threshold", "purchase", True, 5000, None),
        ("intensity_threshold", "odd/[red]type", False, None, None),
        ("unusual", "*", True, 6, 48),
    ]
    assert all(before * 1000 - 1 <= rule["version"] <= time.time() * 1000 for rule in rules)
    table = shopstream(broker, "list")
    assert "odd/[red]type" in table
    assert max(map(len, table.splitlines())) <= 100
    assert shopstream(broker, "remove", "count", "--event-type", "purchase") == "Removed.\n"
    assert [rule["kind"] for rule in listed(broker, "list")[3:]] == ["intensity_threshold", "unusual"]
    again = shopstream(broker, "remove", "count", "--event-type", "purchase", status=1)
    assert again == "shopstream: no rule of the kind count is set for purchase: see `shopstream alerts list`."


@pytest.fixture
def said(broker: str) -> Iterator[TopicTail]:
    tail = TopicTail(broker, ANOMALIES.name)
    yield tail
    tail.close()


@pytest.fixture
def send(broker: str) -> Iterator[Callable[[int, int], None]]:
    """Sends the final row of a window, by its number, and the number of its events."""
    producer = KafkaProducer(bootstrap_servers=broker)

    def one(slot: int, events: int) -> None:
        start = START + slot * timedelta(minutes=10)
        row = {
            "event_type": "view",
            "window_start": start.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "event_count": events,
            "unique_users": events,
            "window_time": (start + timedelta(minutes=60, milliseconds=-1)).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
        }
        producer.send(WINDOWS.name, json.dumps(row).encode()).get(30)

    yield one
    producer.close()


@pytest.fixture
def running_job(broker: str) -> Iterator[None]:
    settings = JobSettings(kafka_bootstrap=broker)
    t_env: StreamTableEnvironment = table_environment(settings, "alerts")
    t_env.execute_sql(WINDOWS_TABLE.format(topic=WINDOWS.name, bootstrap=broker))
    job.create_topics(t_env, settings)
    job.create_views(t_env, settings)
    (insert,) = job.inserts()
    client = t_env.execute_sql(insert).get_job_client()
    assert client is not None
    yield
    client.cancel().result()


def until(said: TopicTail, holds: Callable[[dict[str, Any]], bool], push: Callable[[], None]) -> dict[str, Any]:
    """Push again and again until the job says what is waited for; fails after a minute."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        push()
        for record in said.read():
            row: dict[str, Any] = json.loads(record.value)
            assert record.key.decode() == row["alert_id"]
            if holds(row):
                return row
    raise AssertionError("the job does not say it")


@pytest.mark.usefixtures("rules", "running_job")
def test_a_running_job_takes_rules(broker: str, said: TopicTail, send: Callable[[int, int], None]) -> None:
    slots = itertools.count()

    def push() -> None:
        send(next(slots), 2000)

    opened = until(said, lambda row: row["status"] == "open", push)
    assert opened["alert_id"] == "view:count_threshold:2026-03-05T00:00:00Z"
    assert opened["rule_version"] == 0
    assert [row["alert_id"] for row in listed(broker, "active")] == [opened["alert_id"]]
    table = shopstream(broker, "active")
    assert "view" in table
    assert max(map(len, table.splitlines())) <= 100

    version = json.loads(shopstream(broker, "set", "count", "--limit", "3000", "--json"))["version"]
    # When the job reads the rule is not known; from then on 2,000 events are normal.
    closed = until(said, lambda row: row["status"] == "closed", push)
    assert closed["alert_id"] == opened["alert_id"]
    assert (closed["rule_version"], closed["peak"], closed["expected_high"]) == (version, 2000, 1000)
    assert listed(broker, "active") == []
    assert [row["status"] for row in listed(broker, "history", "--event-type", "view")] == ["closed"]

    shopstream(broker, "remove", "count")
    again = until(said, lambda row: row["status"] == "open" and row["alert_id"] != opened["alert_id"], push)
    assert (again["rule_version"], again["expected_high"]) == (0, 1000)
    assert [row["alert_id"] for row in listed(broker, "history")] == [again["alert_id"], opened["alert_id"]]


def test_the_topics_are_compacted() -> None:
    for topic in (ANOMALIES, ALERT_RULES):
        assert topic.config["cleanup.policy"] == "compact"
