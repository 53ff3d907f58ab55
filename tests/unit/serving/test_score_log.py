import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from kafka.errors import KafkaTimeoutError

from serving.features import FeatureRow
from serving.metrics import Metrics
from serving.score_log import ScoreLog
from tests.unit.serving.conftest import FakeProducer, wait_until

NOW = datetime(2026, 11, 1, 12, 0, 0, 1, UTC)


def put(log: ScoreLog, user: str) -> None:
    row = FeatureRow(user, {"revenue_24h": 1.5, "last_seen": NOW}, {"user_24h": NOW})
    log.put(row, probability=0.5, model="m", model_version="1", scored_at=NOW, request_id="r")


def not_logged(metrics: Metrics, reason: str) -> float:
    return metrics.scores_not_logged.labels(reason)._value.get()


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def producer() -> Iterator[FakeProducer]:
    producer = FakeProducer()
    yield producer
    producer.gate.set()


def test_times_keep_their_microseconds(producer: FakeProducer, metrics: Metrics):
    log = ScoreLog(lambda: producer, metrics, 10)
    log.start()
    put(log, "ann")
    log.stop(5)
    record = json.loads(producer.sent[0][2])
    assert record["scored_at"] == record["features"]["last_seen"] == "2026-11-01T12:00:00.000001Z"


def test_a_full_queue_drops_and_counts_and_never_waits(producer: FakeProducer, metrics: Metrics):
    producer.gate.clear()
    log = ScoreLog(lambda: producer, metrics, 10)
    log.start()
    put(log, "first")
    wait_until(lambda: not log._queue)  # the thread holds it, and waits at the gate
    start = time.perf_counter()
    for number in range(25):
        put(log, str(number))
    assert time.perf_counter() - start < 0.2
    assert not_logged(metrics, "queue_full") == 15
    producer.gate.set()
    log.stop(5)
    assert len(producer.sent) == 11
    assert metrics.scores_logged._value.get() == 11


def test_what_kafka_refuses_is_counted(producer: FakeProducer, metrics: Metrics):
    producer.failure = TimeoutError("no")
    log = ScoreLog(lambda: producer, metrics, 10)
    log.start()
    put(log, "ann")
    wait_until(lambda: not_logged(metrics, "not_delivered") == 1)
    assert log.problem == "scores are not logged: TimeoutError"
    producer.failure = None
    put(log, "bob")
    wait_until(lambda: log.problem is None)
    log.stop(5)


def test_it_waits_for_kafka_to_come(producer: FakeProducer, metrics: Metrics, monkeypatch):
    monkeypatch.setattr("serving.score_log._RETRY_SECONDS", 0.01)
    attempts = []

    def connect() -> FakeProducer:
        attempts.append(1)
        if len(attempts) < 3:
            raise KafkaTimeoutError
        return producer

    log = ScoreLog(connect, metrics, 10)
    log.start()
    put(log, "ann")
    wait_until(lambda: producer.sent)
    log.stop(5)
    assert len(attempts) == 3
    assert log.problem is None


def test_what_is_left_when_kafka_never_came_is_counted(metrics: Metrics):
    def connect() -> FakeProducer:
        raise KafkaTimeoutError

    log = ScoreLog(connect, metrics, 10)
    log.start()
    for user in ("ann", "bob"):
        put(log, user)
    log.stop(5)
    assert not_logged(metrics, "not_delivered") == 2


def test_what_kafka_has_not_taken_at_the_end_is_counted(producer: FakeProducer, metrics: Metrics):
    producer.left = 3
    log = ScoreLog(lambda: producer, metrics, 10)
    log.start()
    put(log, "ann")
    wait_until(lambda: producer.sent)
    log.stop(5)
    assert not_logged(metrics, "not_delivered") == 3
