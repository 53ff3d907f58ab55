"""The collector as a program, with a real Kafka that comes and goes."""

import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ingestion import topic_admin
from ingestion.topics import EVENT_TOPICS, WEB_EVENTS
from ingestion.verdict import read
from tests.integration.shop import Shop, shop, wait_until
from tests.integration.topic_tail import TopicTail

KEY = ("local-write-key", "")
ACKNOWLEDGE_SECONDS = 2
# On a busy machine an answer comes later than it was decided.
PATIENCE_SECONDS = 10


@pytest.fixture(autouse=True)
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOPSTREAM_COLLECTOR_ACKNOWLEDGE_SECONDS", str(ACKNOWLEDGE_SECONDS))


@pytest.fixture(scope="module")
def open_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHOPSTREAM_COLLECTOR_ACKNOWLEDGE_SECONDS", "5")
        with shop(tmp_path_factory.mktemp("shop")) as made:
            yield made


def test_what_is_answered_200_is_in_its_topic_and_no_dead_letter(open_shop: Shop) -> None:
    tail = TopicTail(open_shop.kafka.settings.kafka_bootstrap, *(topic.name for topic in EVENT_TOPICS))
    sent: list[dict[str, Any]] = [
        {"type": "page", "userId": "anna", "messageId": "m0", "properties": {"path": "/shoes"}},
        {"type": "track", "userId": "anna", "messageId": "m1", "event": "Product Viewed"},
        {
            "type": "track",
            "userId": "anna",
            "messageId": "m2",
            "event": "Order Completed",
            "properties": {"revenue": 5},
        },
        {"type": "track", "userId": "anna", "messageId": "m3", "event": "Products Searched"},
        {"type": "identify", "userId": "anna", "messageId": "m4", "traits": {"plan": "gold"}},
        {"type": "track", "userId": "anna", "messageId": "m5", "event": "error"},
        {"type": "track", "anonymousId": "a", "context": {"sessionId": "s"}, "messageId": "m6", "event": "Song Played"},
    ]
    before = datetime.now(UTC)
    answer = open_shop.client.post("/v1/batch", json={"batch": [*sent, {"type": "track"}]})
    assert answer.status_code == 200, answer.text
    assert answer.json()["messageIds"] == ["m0", "m1", "m2", "m3", "m4", "m5", "m6", None]

    records = {json.loads(record.value)["event_id"]: record for record in tail.read()}
    tail.close()
    assert [records[f"m{number}"].topic for number in range(7)] == [
        "web_events",
        "product_events",
        "transaction_events",
        "search_events",
        "user_events",
        "error_events",
        "general_events",
    ]
    assert {name: record.key for name, record in records.items()} == dict.fromkeys(
        (f"m{number}" for number in range(6)), b"anna"
    ) | {"m6": b"s"}
    for record in records.values():
        event = read(record.value, datetime.fromtimestamp(record.timestamp / 1000, UTC))
        assert isinstance(event, dict), event
        assert abs((event["timestamp"] - before).total_seconds()) < PATIENCE_SECONDS
        assert event["context"]["ip_address"] == "127.0.0.1"


def test_a_message_sent_twice_has_one_event_id(open_shop: Shop) -> None:
    tail = TopicTail(open_shop.kafka.settings.kafka_bootstrap, "web_events")
    for _ in range(2):
        assert open_shop.track(messageId="again").json() == {"success": True, "messageId": "again"}
    assert [json.loads(record.value)["event_id"] for record in tail.read()] == ["again", "again"]
    tail.close()


def test_forwarded_addresses_are_not_believed(open_shop: Shop) -> None:
    # uvicorn believes them from 127.0.0.1 unless it is told otherwise.
    tail = TopicTail(open_shop.kafka.settings.kafka_bootstrap, "web_events")
    open_shop.client.post("/v1/track", json={"event": "click", "userId": "u"}, headers={"X-Forwarded-For": "6.6.6.6"})
    (record,) = tail.read()
    tail.close()
    assert json.loads(record.value)["context"]["ip_address"] == "127.0.0.1"


def test_it_starts_without_kafka_and_finds_it_later(tmp_path: Path) -> None:
    with shop(tmp_path, with_kafka=False) as made:
        started = time.monotonic()
        answer = made.track()
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "1"
        assert time.monotonic() - started < PATIENCE_SECONDS
        wait_until(lambda: "Kafka does not answer" in str(made.problem()))
        made.kafka.up()
        wait_until(lambda: "has no topic" in str(made.problem()))
        assert made.track().status_code == 503
        topic_admin.apply(made.kafka.settings.kafka_bootstrap)
        wait_until(lambda: made.track().status_code == 200)
        assert made.problem() is None


def test_a_stopped_broker_is_a_503_in_time_and_its_return_is_found(tmp_path: Path) -> None:
    with shop(tmp_path) as made:
        assert made.track().status_code == 200
        made.kafka.down()
        for _ in range(3):
            started = time.monotonic()
            answer = made.track()
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
            assert time.monotonic() - started < ACKNOWLEDGE_SECONDS + PATIENCE_SECONDS
        assert made.problem() is not None
        assert made.client.get("/healthz").status_code == 200
        made.kafka.up()
        wait_until(lambda: made.track().status_code == 200)
        assert made.problem() is None
        # What was given up is not counted as under way for ever.
        wait_until(lambda: "shopstream_collector_in_flight 0.0" in made.client.get("/metrics").text)


def test_a_killed_broker_costs_no_acknowledged_event(tmp_path: Path) -> None:
    acknowledged: set[str] = set()
    failures = 0
    done = threading.Event()
    lock = threading.Lock()

    def send(made: Shop, sender: int) -> None:
        nonlocal failures
        number = 0
        while not done.is_set():
            ids = [f"{sender}-{number}-{place}" for place in range(20)]
            number += 1
            batch = [{"type": "track", "event": "click", "userId": one, "messageId": one} for one in ids]
            answer = made.client.post("/v1/batch", json={"batch": batch})
            with lock:
                if answer.status_code == 200:
                    assert answer.json()["messageIds"] == ids
                    acknowledged.update(ids)
                else:
                    assert answer.status_code in (429, 503), answer.text
                    failures += 1

    with shop(tmp_path) as made:
        senders = [threading.Thread(target=send, args=(made, sender)) for sender in range(4)]
        for sender in senders:
            sender.start()
        try:
            wait_until(lambda: len(acknowledged) >= 1000)
            made.kill_broker()
            wait_until(lambda: failures >= 4)
            made.kafka.up()
            before = len(acknowledged)
            wait_until(lambda: len(acknowledged) >= before + 1000)
            made.kill_broker()  # at once again, before anything has been idle
            made.kafka.up()
            before = len(acknowledged)
            wait_until(lambda: len(acknowledged) >= before + 500)
        finally:
            done.set()
            for sender in senders:
                sender.join(60)
        stored = {event["event_id"] for event in made.stored(WEB_EVENTS)}
        assert len(acknowledged) >= 2500
        assert acknowledged - stored == set()
