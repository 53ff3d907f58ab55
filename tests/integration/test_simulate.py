"""The simulator against a real broker: what is in Kafka is what the ground truth says."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from kafka.consumer.fetcher import ConsumerRecord

from ingestion import topic_admin
from ingestion.simulator.ground_truth import GroundTruth
from ingestion.topics import EVENT_TOPICS
from ingestion.verdict import Rejection, read
from tests.integration.topic_tail import TopicTail

ROOT = Path(__file__).parents[2]
TEN_MINUTES = timedelta(minutes=10)


@pytest.fixture(scope="module")
def broker(kafka_bootstrap: str) -> str:
    topic_admin.apply(kafka_bootstrap)
    return kafka_bootstrap


@pytest.fixture
def tail(broker: str) -> Iterator[TopicTail]:
    tail = TopicTail(broker, *(topic.name for topic in EVENT_TOPICS))
    yield tail
    tail.close()


def start(broker: str, state: Path, command: str, *arguments: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "SHOPSTREAM_KAFKA_BOOTSTRAP": broker, "SHOPSTREAM_STATE": str(state)}
    return subprocess.Popen(
        [sys.executable, "-c", "from deploy.cli import main; main()", command, *arguments, "--json"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(broker: str, state: Path, command: str, *arguments: str) -> dict[str, Any]:
    process = start(broker, state, command, *arguments)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    report: dict[str, Any] = json.loads(out)
    return report


def places(records: list[ConsumerRecord]) -> Counter[tuple[str, int, bytes, bytes]]:
    return Counter((record.topic, record.partition, record.key, record.value) for record in records)


def check(records: list[ConsumerRecord], truth: GroundTruth) -> None:
    """Find poison, too late events and duplicates in Kafka by its own offsets, and compare with the truth."""
    poison, too_late, duplicates = Counter[Any](), Counter[Any](), Counter[Any]()
    newest: dict[tuple[str, int], datetime] = {}
    seen: dict[str, bytes] = {}
    for record in sorted(records, key=lambda record: (record.topic, record.partition, record.offset)):
        kafka_time = datetime.fromtimestamp(record.timestamp / 1000, UTC)
        event = read(record.value, kafka_time)
        place = record.topic, record.partition
        if isinstance(event, Rejection):
            poison[hashlib.sha256(record.value).hexdigest(), event.error_code, *place, record.key.decode()] += 1
            continue
        at = event["timestamp"]
        if at < newest.get(place, at) - TEN_MINUTES:
            too_late[event["event_id"], *place, record.key.decode()] += 1
        newest[place] = max(at, newest.get(place, at))
        # A duplicate has the same key and topic, so it is in the same partition.
        if event["event_id"] in seen:
            assert seen[event["event_id"]] == record.value
            duplicates[event["event_id"], *place, record.key.decode()] += 1
        seen[event["event_id"]] = record.value

    def expected(kind: str, *names: str) -> Counter[Any]:
        return Counter(tuple(note[name] for name in names) for note in truth.of(kind))

    where = ("topic", "partition", "key")
    assert poison == expected("poison", "sha256", "error_code", *where)
    assert too_late == expected("too_late", "event_id", *where)
    assert duplicates == expected("duplicate", "event_id", *where)
    assert len(seen) == truth.header["clean_events"] + len(too_late)
    assert {note["event_id"] for note in truth.of("late")} <= set(seen)
    assert len(records) == truth.header["records"]


def test_live_traffic_is_in_kafka_as_the_truth_says(broker: str, tail: TopicTail, tmp_path: Path) -> None:
    report = run(broker, tmp_path, "simulate", "--users", "500", "--rate", "150", "--duration", "5s", "--poison", "0.1")
    assert Path(report["truth"]).parent == tmp_path / "simulations"
    records = tail.read()
    assert report["complete"] is True
    check(records, GroundTruth.read(Path(report["truth"])))
    for record in records:
        event = read(record.value, datetime.fromtimestamp(record.timestamp / 1000, UTC))
        if not isinstance(event, Rejection) and not event["event_id"].endswith("z"):
            delay = record.timestamp / 1000 - event["timestamp"].timestamp()
            # In real time: never before it happened, and within the jitter and the patience of a busy machine.
            assert -0.01 < delay < 20


def test_late_and_too_late_events_in_fast_motion(broker: str, tail: TopicTail, tmp_path: Path) -> None:
    arguments = ("--users", "300", "--rate", "5", "--duration", "20m", "--speed", "300x", "--too-late", "0.02")
    report = run(broker, tmp_path, "simulate", *arguments)
    truth = GroundTruth.read(Path(report["truth"]))
    check(tail.read(), truth)
    assert report["seconds"] >= 4
    for kind in ("late", "too_late", "duplicate", "poison", "anomaly"):
        assert truth.of(kind), kind


def test_a_file_replayed_raw_is_the_same_as_the_simulation(broker: str, tail: TopicTail, tmp_path: Path) -> None:
    arguments = ("--users", "300", "--rate", "5", "--duration", "10m", "--start", "2026-03-01", "--seed", "11")
    straight = run(broker, tmp_path, "simulate", *arguments, "--speed", "max")
    sent = places(tail.read())
    path = tmp_path / "events.jsonl.gz"
    written = run(broker, tmp_path, "simulate", *arguments, "--out", str(path))
    assert Path(straight["truth"]).read_bytes() == Path(written["truth"]).read_bytes()

    second = TopicTail(broker, *(topic.name for topic in EVENT_TOPICS))
    report = run(broker, tmp_path, "replay", str(path), "--raw")
    records = second.read()
    second.close()
    assert (report["read"], report["produced"], report["failed"]) == (written["records"], written["records"], 0)
    assert report["per_topic"] == written["per_topic"]
    assert places(records) == sent
    check(records, GroundTruth.read(Path(written["truth"])))


def test_ctrl_c_leaves_a_truth_of_what_was_sent(broker: str, tail: TopicTail, tmp_path: Path) -> None:
    process = start(broker, tmp_path, "simulate", "--users", "500", "--rate", "100", "--duration", "10m")
    deadline = time.monotonic() + 60
    while len(tail.read()) < 200:
        assert time.monotonic() < deadline
        assert process.poll() is None, process.communicate()[1]
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    report = json.loads(out)
    assert report["complete"] is False
    truth = GroundTruth.read(Path(report["truth"]))
    assert truth.header["complete"] is False
    check(tail.read(), truth)


def test_a_broker_that_is_away_is_one_sentence(tmp_path: Path) -> None:
    process = start("127.0.0.1:9", tmp_path, "simulate", "--duration", "1s")
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert err.startswith("shopstream: Kafka does not answer at 127.0.0.1:9")
    assert not (tmp_path / "simulations").exists()
