import contextlib
import json
import os
import signal
import time
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from deploy.stack.settings import StackSettings
from deploy.stack.stack import Stack
from ingestion import event as event_module
from ingestion import topic_admin
from ingestion.delivery import DeliveryReport
from ingestion.errors import ShopstreamError
from ingestion.event import Event
from ingestion.producer import PRODUCER_VERSION, EventProducer
from ingestion.settings import KafkaSettings
from ingestion.topics import EVENT_TOPICS, Topic
from ingestion.verdict import MAX_BYTES, Rejection, read
from tests.integration.topic_tail import TopicTail

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
TYPES = ("page_view", "purchase", "identify", "product_view", "search", "error", "wishlist_add")
"""One event type for each event topic, in the topics' order."""


@pytest.fixture(scope="module")
def broker(kafka_bootstrap: str) -> str:
    topic_admin.apply(kafka_bootstrap)
    return kafka_bootstrap


@pytest.fixture
def tail(broker: str) -> Iterator[TopicTail]:
    tail = TopicTail(broker, *(topic.name for topic in EVENT_TOPICS))
    yield tail
    tail.close()


def settings(bootstrap: str, **changes: object) -> KafkaSettings:
    return KafkaSettings.model_validate({"kafka_bootstrap": bootstrap, **changes})


def events(count: int) -> list[Event]:
    return [
        Event(f"e{n}", TYPES[n % len(TYPES)], NOW, f"user_{n % 13}" if n % 3 else None, f"s{n % 5}", {"n": n})
        for n in range(count)
    ]


def test_each_event_arrives_once_in_its_topic_with_its_key_in_order(broker: str, tail: TopicTail) -> None:
    sent = events(2000)
    with EventProducer(settings(broker)) as producer:
        for event in sent:
            producer.send(event)
    counts = producer.counts()
    assert (counts.sent, counts.acknowledged, counts.failed) == (2000, 2000, 0)

    records = tail.read()
    assert len(records) == 2000
    by_type = dict(zip(TYPES, (topic.name for topic in EVENT_TOPICS), strict=True))
    order: dict[tuple[str, bytes], list[int]] = defaultdict(list)
    partitions: dict[tuple[str, bytes], set[int]] = defaultdict(set)
    for record in records:
        value = json.loads(record.value)
        assert record.topic == by_type[value["event_type"]]
        assert record.key.decode() == (value["user_id"] or value["session_id"])
        order[record.topic, record.key].append(value["properties"]["n"])
        partitions[record.topic, record.key].add(record.partition)
    assert all(numbers == sorted(set(numbers)) for numbers in order.values())
    assert all(len(used) == 1 for used in partitions.values())
    assert {json.loads(record.value)["event_id"] for record in records} == {event.event_id for event in sent}


def test_delivery_reports_say_where_each_event_is(broker: str, tail: TopicTail) -> None:
    reports: list[DeliveryReport] = []
    with EventProducer(settings(broker)) as producer:
        waited = [producer.send(event, reports.append) for event in events(50)]
        first = waited[0].wait(10)
        producer.flush()
        assert all(delivery.done for delivery in waited)
    assert first in reports
    stored = {(record.topic, record.partition, record.offset): record for record in tail.read()}
    assert len(reports) == len(stored) == 50
    for report in reports:
        record = stored[report.topic, report.partition, report.offset]
        assert json.loads(record.value)["event_id"] == report.event_id


def test_events_without_user_or_session_spread_over_partitions(broker: str, tail: TopicTail) -> None:
    with EventProducer(settings(broker)) as producer:
        for number in range(200):
            producer.send(Event(f"e{number}", "page_view", NOW))
    records = tail.read()
    assert len({record.key for record in records}) == 200
    assert len({record.partition for record in records}) == 6


def test_a_full_buffer_holds_the_sender_back_and_loses_nothing(broker: str) -> None:
    buffered: list[int] = []
    limit = 4 * 1024
    with EventProducer(settings(broker, producer_buffer_bytes=limit)) as producer:
        for event in events(500):
            producer.send(event)
            counts = producer.counts()
            buffered.append(counts.sent - counts.acknowledged)
    assert producer.counts().acknowledged == 500
    smallest = min(len(event.to_bytes(NOW, "")) for event in events(500))
    assert max(buffered) <= limit / smallest


def test_an_event_larger_than_the_buffer_still_goes(broker: str) -> None:
    with EventProducer(settings(broker, producer_buffer_bytes=1024)) as producer:
        producer.send(Event("big", "click", NOW, "u", properties={"text": "x" * 5000})).wait(10)


def test_the_largest_event_is_the_largest_that_readers_take(broker: str, tail: TopicTail) -> None:
    def sized(size: int) -> Event:
        empty = Event("large", "click", NOW, "u", properties={"text": ""})
        padding = size - len(empty.to_bytes(NOW, PRODUCER_VERSION))
        # Two bytes a letter: the limit is one of bytes, not of characters.
        return Event("large", "click", NOW, "u", properties={"text": "é" * (padding // 2) + "x" * (padding % 2)})

    with EventProducer(settings(broker)) as producer:
        with pytest.raises(ShopstreamError, match="event large was not accepted: it has 262,145 bytes"):
            producer.send(sized(MAX_BYTES + 1))
        assert producer.counts().sent == 0
        producer.send(sized(MAX_BYTES)).wait(10)
    (record,) = tail.read()
    assert len(record.value) == MAX_BYTES
    assert isinstance(read(record.value), dict)
    assert read(record.value + b" ") == Rejection(
        "too_large", "The value has 262145 bytes; at most 262144 are allowed."
    )


def test_a_delivery_that_fails_is_counted_reported_and_raised_at_flush(
    broker: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    narrow = Topic("narrow", 1, {"max.message.bytes": "300"})
    topic_admin.apply(broker, topics=(narrow,))
    monkeypatch.setattr(event_module, "topic_of", lambda _type: narrow)
    reports: list[DeliveryReport] = []
    producer = EventProducer(settings(broker, producer_compression="none"))
    delivery = producer.send(Event("big", "click", NOW, "u", properties={"t": "x" * 900}), reports.append)
    with pytest.raises(ShopstreamError, match="1 events were not stored by Kafka; the first: narrow"):
        producer.flush()
    with pytest.raises(ShopstreamError, match="event big was not stored in narrow"):
        delivery.wait(1)
    assert [report.event_id for report in reports if report.error] == ["big"]
    assert (producer.counts().sent, producer.counts().failed) == (1, 1)
    producer.close()  # the failure was raised once


def test_what_cannot_be_sent_is_refused_and_not_counted(broker: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with EventProducer(settings(broker, kafka_timeout_seconds=1)) as producer:
        with pytest.raises(ShopstreamError, match="event huge was not accepted"):
            producer.send(Event("huge", "click", NOW, properties={"text": "x" * 1_100_000}))
        monkeypatch.setattr(event_module, "topic_of", lambda _type: Topic("nowhere", 1))
        with pytest.raises(ShopstreamError, match="has no topic nowhere: create it with `shopstream topics apply`"):
            producer.send(Event("e1", "click", NOW))
        assert producer.counts().sent == 0
    with pytest.raises(ShopstreamError, match="the producer is closed"):
        producer.send(Event("e1", "click", NOW))


def test_an_error_in_the_block_is_not_hidden_and_accepted_events_go_out(broker: str) -> None:
    with pytest.raises(ZeroDivisionError), EventProducer(settings(broker)) as producer:
        producer.send(Event("e1", "click", NOW))
        raise ZeroDivisionError
    assert producer.counts().acknowledged == 1


def test_a_broker_that_is_killed_and_restarted_costs_no_event_and_doubles_none(tmp_path: Path) -> None:
    stack = Stack(StackSettings.on_free_ports(tmp_path), ["kafka"])
    stack.up()
    try:
        bootstrap = stack.settings.kafka_bootstrap
        topic_admin.apply(bootstrap)
        tail = TopicTail(bootstrap, "web_events")
        numbered = [Event(f"e{n}", "click", NOW, f"user_{n % 7}", properties={"n": n}) for n in range(6000)]
        with EventProducer(settings(bootstrap)) as producer:
            for event in numbered[:3000]:
                producer.send(event)
            (part,) = stack.status()
            assert part.pid is not None
            os.kill(part.pid, signal.SIGKILL)
            for event in numbered[3000:]:
                producer.send(event)
            stack.up()
        assert producer.counts().acknowledged == 6000
        order: dict[bytes, list[int]] = defaultdict(list)
        for record in tail.read():
            order[record.key].append(json.loads(record.value)["properties"]["n"])
        tail.close()
        assert order == {f"user_{user}".encode(): list(range(user, 6000, 7)) for user in range(7)}
    finally:
        stack.down()


def test_a_broker_that_stays_away_ends_in_one_sentence(tmp_path: Path) -> None:
    stack = Stack(StackSettings.on_free_ports(tmp_path), ["kafka"])
    stack.up()
    try:
        topic_admin.apply(stack.settings.kafka_bootstrap)
        producer = EventProducer(settings(stack.settings.kafka_bootstrap, producer_delivery_seconds=3))
        producer.send(Event("e1", "click", NOW)).wait(10)
    finally:
        stack.down()
    lost = producer.send(Event("e2", "click", NOW))
    with pytest.raises(ShopstreamError, match="Kafka"):
        producer.close()
    with pytest.raises(ShopstreamError, match="event e2 was not stored"):
        lost.wait(10)
    counts = producer.counts()
    assert (counts.sent, counts.acknowledged, counts.failed) == (2, 1, 1)


def test_after_a_broker_was_away_for_longer_than_a_delivery_may_take_events_are_stored_again(tmp_path: Path) -> None:
    stack = Stack(StackSettings.on_free_ports(tmp_path), ["kafka"])
    stack.up()
    try:
        topic_admin.apply(stack.settings.kafka_bootstrap)
        producer = EventProducer(settings(stack.settings.kafka_bootstrap, producer_delivery_seconds=3))
        producer.send(Event("e0", "click", NOW)).wait(10)
        (part,) = stack.status()
        assert part.pid is not None
        os.kill(part.pid, signal.SIGKILL)
        lost = [producer.send(Event(f"lost{n}", "click", NOW, f"user_{n}")) for n in range(20)]
        for delivery in lost:
            with pytest.raises(ShopstreamError, match="was not stored"):
                delivery.wait(30)
        stack.up()
        deadline = time.monotonic() + 60
        stored = 0
        while not stored:
            assert time.monotonic() < deadline, "nothing is stored any more"
            with contextlib.suppress(ShopstreamError):  # as while it connects
                stored += producer.send(Event("again", "click", NOW)).wait(10).offset >= 0
        counts = producer.counts()
        assert counts.acknowledged == 1 + stored
        with pytest.raises(ShopstreamError, match="events were not stored by Kafka"):
            producer.close()
    finally:
        stack.down()
