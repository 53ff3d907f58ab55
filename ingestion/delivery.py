"""What became of one event that was handed to the producer."""

import threading
from collections.abc import Callable
from typing import NamedTuple

from ingestion.errors import ShopstreamError


class DeliveryReport(NamedTuple):
    """Where Kafka stored an event, or why it did not (``error``; then partition and offset are -1)."""

    event_id: str
    topic: str
    partition: int
    offset: int
    error: str | None = None


DeliveryCallback = Callable[[DeliveryReport], None]
"""Called once an event, from the producer's own thread: keep it short and do not send from it."""


# Guards the making of a Delivery's Event: one lock for all, since few callers wait.
_waiting = threading.Lock()


class Delivery:
    """A handle on an event that is under way; waiting on it is the caller's choice."""

    __slots__ = ("_arrived", "_report")

    def __init__(self) -> None:
        self._report: DeliveryReport | None = None
        # An Event costs several microseconds; most callers never wait, so it is made on demand.
        self._arrived: threading.Event | None = None

    @property
    def done(self) -> bool:
        """Whether the report is there."""
        return self._report is not None

    def wait(self, timeout: float | None = None) -> DeliveryReport:
        """Wait for Kafka's acknowledgement, at most ``timeout`` seconds, and return the report.

        Raises ShopstreamError when the event was not stored, or nothing was heard in time (it may still
        arrive). A failure is also counted, and raised again by the producer's ``flush``.
        """
        if self._report is None:
            with _waiting:
                arrived = self._arrived = self._arrived or threading.Event()
            # Looked at again: ``settle`` may have come before the Event was there for it to set.
            if self._report is None:
                arrived.wait(timeout)
        report = self._report
        if report is None:
            raise ShopstreamError(f"Kafka has not acknowledged the event within {timeout:g} seconds.")
        if report.error is not None:
            raise ShopstreamError(f"event {report.event_id} was not stored in {report.topic}: {report.error}.")
        return report

    def settle(self, report: DeliveryReport) -> None:
        """Hand over the report; for the producer alone, once."""
        self._report = report
        if self._arrived is not None:
            self._arrived.set()
