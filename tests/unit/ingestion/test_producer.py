"""A Kafka client that hangs; all else about the producer needs a real broker (tests/integration/test_producer.py)."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from kafka.errors import KafkaConnectionError, KafkaError, KafkaTimeoutError

from ingestion import producer as producer_module
from ingestion.errors import ShopstreamError
from ingestion.event import Event
from ingestion.producer import EventProducer
from ingestion.raw_producer import RawProducer
from ingestion.settings import KafkaSettings


class Future:
    """Takes both callbacks, and calls one of them."""

    def add_callback(self, call: Callable[[Any], None]) -> None:
        self.succeed = call

    def add_errback(self, call: Callable[[Any], None]) -> None:
        self.fail = call


class Client:
    """Stands in for kafka-python's producer; hangs until it is told to answer, or forced to close."""

    made: list["Client"] = []
    away = 0

    def __init__(self, **_: Any) -> None:
        if Client.away:
            Client.away -= 1
            raise KafkaConnectionError
        Client.made.append(self)
        self.futures: list[Future] = []
        self.closed = self.forced = False
        self._sender = SimpleNamespace(force_close=self._force_close)

    def send(self, *_: Any, **__: Any) -> Future:
        if self.closed:
            raise KafkaError("the client is closed")
        self.futures.append(Future())
        return self.futures[-1]

    def answer(self) -> None:
        for future in self.futures:
            future.succeed(SimpleNamespace(partition=0, offset=0))
        self.futures.clear()

    def flush(self, timeout: float) -> None:
        if self.futures:
            raise KafkaTimeoutError(f"not within {timeout}")

    def close(self, timeout: float) -> None:
        assert timeout
        if self.futures and not self.forced:
            raise KafkaTimeoutError
        self.closed = True
        for future in self.futures:
            future.fail(KafkaError("The producer is closed forcefully."))
        self.futures.clear()

    def _force_close(self) -> None:
        self.forced = True


@pytest.fixture(autouse=True)
def clients(monkeypatch: pytest.MonkeyPatch) -> None:
    Client.made, Client.away = [], 0
    monkeypatch.setattr(producer_module, "KafkaProducer", Client)
    monkeypatch.setattr(producer_module, "_OVERDUE_SECONDS", 0.1)


SETTINGS = KafkaSettings(producer_delivery_seconds=1, producer_linger_ms=0)


def event(number: int) -> Event:
    return Event(f"e{number}", "page_view", datetime.now(UTC), "u", "s", {})


def figures(producer: EventProducer) -> tuple[int, int, int]:
    counts = producer.counts()
    return counts.sent, counts.acknowledged, counts.failed


def wait_until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        time.sleep(0.01)


def test_a_client_that_hangs_is_replaced_and_what_it_held_fails() -> None:
    producer = EventProducer(SETTINGS)
    held = [producer.send(event(number)) for number in range(3)]
    with pytest.raises(ShopstreamError, match=r"event e2 was not stored in web_events: .*forcefully"):
        held[2].wait(20)
    wait_until(lambda: len(Client.made) == 2)
    assert Client.made[0].closed
    after = producer.send(event(3))
    Client.made[1].answer()
    assert after.wait(1).event_id == "e3"
    assert figures(producer) == (4, 1, 3)
    with pytest.raises(ShopstreamError, match="3 events were not stored"):
        producer.close()
    assert "client-watch" not in {one.name for one in threading.enumerate()}


def test_while_kafka_is_away_nothing_is_accepted_and_then_it_is_again() -> None:
    producer = RawProducer(SETTINGS)
    held = producer.send_raw("web_events", None, b"x")
    Client.away = 2
    wait_until(lambda: held.done)
    with pytest.raises(ShopstreamError, match="a value of 1 bytes for web_events was not accepted"):
        producer.send_raw("web_events", None, b"y")
    assert figures(producer) == (1, 0, 1)
    wait_until(lambda: len(Client.made) == 2)
    again = producer.send_raw("web_events", None, b"z")
    Client.made[1].answer()
    assert again.wait(1).error is None
    with pytest.raises(ShopstreamError, match="1 events were not stored"):
        producer.close()


def test_a_client_that_answers_in_time_is_kept() -> None:
    producer = EventProducer(SETTINGS)
    start, sent = time.monotonic(), 0
    # Longer than any one report may take.
    while time.monotonic() - start < 3:
        producer.send(event(sent))
        sent += 1
        time.sleep(0.05)
        Client.made[0].answer()
    producer.close()
    assert len(Client.made) == 1
    assert figures(producer) == (sent, sent, 0)
