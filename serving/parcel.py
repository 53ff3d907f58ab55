"""The events of one call on their way to Kafka, and what takes them there."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Protocol

from ingestion.collector.segment import Collected
from ingestion.delivery import DeliveryCallback, DeliveryReport
from ingestion.event import Event


class Producer(Protocol):
    """The part of ``EventProducer`` that the outbox calls."""

    def send(self, event: Event, on_delivery: DeliveryCallback, value: bytes) -> Any:
        """Take one event; ``on_delivery`` is called once, from any thread."""

    def close(self, timeout: float) -> None:
        """Deliver or give up what was taken."""


class Parcel:
    """The events of one call, whose reports wake the event loop once."""

    def __init__(self, events: Sequence[Collected], arrived: Callable[["Parcel"], None]) -> None:
        self.events = events
        self.size = sum(len(one.value) for one in events)
        self.loop = asyncio.get_running_loop()
        self.began = self.loop.time()
        self.answered: asyncio.Future[None] = self.loop.create_future()
        self.abandoned = False
        self.failure: str | None = None
        self.producer: Producer | None = None
        self._arrived = arrived
        self._unreported = len(events)
        # Reports come from the producer's thread, and from the sending one when an event fails at once.
        self._lock = threading.Lock()

    def report(self, report: DeliveryReport) -> None:
        """Take what became of one event; called by the producer."""
        self._settle(1, report.error)

    def give_up(self, reason: str) -> None:
        """Count every event without a report as failed; later reports change nothing."""
        self._settle(len(self.events), reason)

    def _settle(self, count: int, failure: str | None) -> None:
        with self._lock:
            if self._unreported <= 0:
                return
            self.failure = self.failure or failure
            self._unreported -= count
            if self._unreported > 0:
                return
        # A loop that has ended (a shutdown that took too long) has nobody left to tell.
        with suppress(RuntimeError):
            self.loop.call_soon_threadsafe(self._arrived, self)
