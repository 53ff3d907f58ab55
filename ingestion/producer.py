"""Sends events to Kafka: idempotent, in batches, without waiting for each one."""

import threading
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from types import TracebackType
from typing import Any

from kafka import KafkaProducer
from kafka.errors import KafkaError, KafkaTimeoutError

from ingestion.client_watch import ClientWatch
from ingestion.delivery import Delivery, DeliveryCallback, DeliveryReport
from ingestion.errors import ShopstreamError
from ingestion.event import Event
from ingestion.settings import KafkaSettings, read_settings
from ingestion.topic_admin import kafka_away
from ingestion.topics import Topic
from ingestion.verdict import MAX_BYTES


def _version() -> str:
    try:
        return version("shopstream")
    except PackageNotFoundError:  # run from a checkout that was not installed
        return "0"


PRODUCER_VERSION = _version()

_OVERDUE_SECONDS = 10.0
"""How much longer than ``producer_delivery_seconds`` a report may take before the client is taken for dead."""


@dataclass(frozen=True, slots=True)
class ProducerCounts:
    """Events so far: accepted by ``send``, acknowledged by Kafka (also by topic), given up."""

    sent: int
    acknowledged: int
    failed: int
    acknowledged_by_topic: dict[str, int]


class EventProducer:
    """Thread-safe producer of events; use it as a context manager, or call ``close``.

    Kafka stores each accepted event once and in order by key, also when a broker restarts meanwhile
    (idempotence, all in-sync replicas, retries for ``producer_delivery_seconds``). What is given up after
    that is counted and raised by the next ``flush`` or ``close``: no failure goes unheard.

    Every event gets its report in bounded time. kafka-python 3.0 may hang for good when a batch expires and the request
    for a new producer id is lost with its connection: a client whose report is overdue is replaced, what it held fails,
    and what is sent afterwards goes through the new one.
    """

    def __init__(self, settings: KafkaSettings | None = None) -> None:
        """Connect. Raises ShopstreamError within ``kafka_timeout_seconds`` when Kafka is away."""
        self._settings = settings or read_settings(KafkaSettings)
        # Reentrant: kafka-python calls back at once, in this thread, when an event has failed already.
        self._lock = threading.RLock()
        self._room = threading.Condition(self._lock)
        self._waiting = 0
        self._buffered_bytes = 0
        self._sent = 0
        self._acknowledged: Counter[str] = Counter()
        self._failed = 0
        self._unheard_failures = 0
        self._first_failure: str | None = None
        self._closed = False
        # When each event was accepted that has no report yet, oldest first.
        self._under_way: dict[Delivery, float] = {}
        self._is_broken = False
        self._kafka = self._connect()
        self._watch = ClientWatch(self._hangs, self._replace)

    def _connect(self) -> Any:
        settings = self._settings
        timeout_ms = int(settings.kafka_timeout_seconds * 1000)
        delivery_ms = int(settings.producer_delivery_seconds * 1000)
        compression = settings.producer_compression
        try:
            return KafkaProducer(
                bootstrap_servers=settings.kafka_bootstrap.split(","),
                client_id="shopstream-producer",
                enable_idempotence=True,
                acks="all",
                max_in_flight_requests_per_connection=5,
                compression_type=None if compression == "none" else compression,
                linger_ms=settings.producer_linger_ms,
                batch_size=settings.producer_batch_bytes,
                delivery_timeout_ms=delivery_ms,
                request_timeout_ms=min(30_000, delivery_ms - settings.producer_linger_ms),
                # A broker that comes back is found again at once, not after half a minute.
                reconnect_backoff_max_ms=1000,
                allow_auto_create_topics=False,
                bootstrap_timeout_ms=timeout_ms,
                max_block_ms=timeout_ms,
                metrics_enabled=False,
            )
        except (KafkaError, OSError) as error:
            raise kafka_away(settings.kafka_bootstrap) from error

    def send(self, event: Event, on_delivery: DeliveryCallback | None = None, value: bytes | None = None) -> Delivery:
        """Accept one event and return at once; waits only while the buffer is full.

        ``value`` is what the event's ``to_bytes`` gave, for a caller who has it already.

        Raises ShopstreamError when the event cannot be sent at all: the producer is closed, the event is
        not JSON or has more than ``MAX_BYTES``, its topic does not exist, or the buffer stayed full for
        ``producer_delivery_seconds``. Then nothing was accepted.
        """
        if value is None:
            value = event.to_bytes(datetime.now(UTC), PRODUCER_VERSION)
        topic = event.topic
        size = len(value)
        if size > MAX_BYTES:
            # Kafka would take it, and every reader would put it among the dead letters.
            raise ShopstreamError(
                f"event {event.event_id} was not accepted: it has {size:,} bytes as JSON and at most {MAX_BYTES:,}"
                " are allowed; shorten its properties."
            )
        return self._hand_over(topic, event.key().encode(), value, event.event_id, on_delivery)

    def _hand_over(
        self, topic: str, key: bytes | None, value: bytes, event_id: str, on_delivery: DeliveryCallback | None
    ) -> Delivery:
        what, size = f"event {event_id}" if event_id else f"a value of {len(value):,} bytes for {topic}", len(value)
        self._reserve(size)
        delivery = Delivery()
        with self._lock:
            self._under_way[delivery] = time.monotonic()
        try:
            future = self._kafka.send(topic, value=value, key=key)
        except BaseException as error:
            self._withdraw(delivery, size)
            if isinstance(error, KafkaTimeoutError):
                raise self._no_topic(topic) from error
            if isinstance(error, KafkaError):
                raise ShopstreamError(f"{what} was not accepted: {error}.") from error
            raise
        settle = partial(self._settle, event_id, topic, size, delivery, on_delivery)
        future.add_callback(settle)
        future.add_errback(settle)
        return delivery

    def find_topics(self, topics: Iterable[Topic]) -> None:
        """Look the topics up, so that the first ``send`` to each need not.

        Raises ShopstreamError that names the first topic that Kafka does not have; it is looked for during
        ``kafka_timeout_seconds``.
        """
        for topic in topics:
            try:
                found = self._kafka.partitions_for(topic.name)
            except KafkaError as error:
                raise self._no_topic(topic.name) from error
            if not found:
                raise self._no_topic(topic.name)

    def flush(self, timeout: float | None = None) -> None:
        """Send what is buffered now and wait until each event is acknowledged or given up.

        ``timeout`` in seconds; by default ``producer_delivery_seconds``. Raises ShopstreamError when events
        failed since the last flush, or are still under way after the timeout.
        """
        limit = self._settings.producer_delivery_seconds if timeout is None else timeout
        try:
            self._kafka.flush(limit)
        except KafkaTimeoutError as error:
            raise ShopstreamError(
                f"Kafka at {self._settings.kafka_bootstrap} has not acknowledged all events within {limit:g} seconds."
            ) from error
        self._raise_failures()

    def close(self, timeout: float | None = None) -> None:
        """Flush, then let go of the connection; a second call does nothing. Raises as ``flush`` does."""
        if self._closed:
            return
        self._closed = True
        try:
            self.flush(timeout)
        finally:
            self._watch.stop()
            self._disconnect()

    def _disconnect(self) -> None:
        try:
            self._kafka.close(timeout=1)
        except KafkaTimeoutError:
            # The client refuses to close with events under way; without this its thread would go on and
            # deliver events that the caller was told are lost. There is no public call for it.
            self._kafka._sender.force_close()
            self._kafka.close(timeout=1)

    def _hangs(self) -> bool:
        with self._lock:
            oldest = next(iter(self._under_way.values()), None)
        patience = self._settings.producer_delivery_seconds + _OVERDUE_SECONDS
        return self._is_broken or (oldest is not None and time.monotonic() - oldest > patience)

    def _replace(self) -> None:
        """Fail all that the client holds and connect anew; ShopstreamError while Kafka is away."""
        if not self._is_broken:
            self._is_broken = True
            self._disconnect()
        self._kafka = self._connect()
        self._is_broken = False

    def counts(self) -> ProducerCounts:
        """Return a consistent snapshot of the counters."""
        with self._lock:
            by_topic = dict(self._acknowledged)
            return ProducerCounts(self._sent, sum(by_topic.values()), self._failed, by_topic)

    def __enter__(self) -> "EventProducer":
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if error is None:
            self.close()
            return
        # Accepted events still go out; the error under way is the one to report, so a second one joins it.
        try:
            self.close(self._settings.kafka_timeout_seconds)
        except ShopstreamError as failure:
            error.add_note(str(failure))

    def _no_topic(self, name: str) -> ShopstreamError:
        return ShopstreamError(
            f"Kafka at {self._settings.kafka_bootstrap} has no topic {name}: create it with `shopstream topics apply`."
        )

    def _reserve(self, size: int) -> None:
        limit = self._settings.producer_buffer_bytes
        with self._lock:
            if self._closed:
                raise ShopstreamError("the producer is closed: open another one to send more events.")

            def has_room() -> bool:
                # One event larger than the whole buffer goes alone rather than never.
                return self._buffered_bytes == 0 or self._buffered_bytes + size <= limit

            if not has_room():
                patience = self._settings.producer_delivery_seconds
                self._waiting += 1
                try:
                    found = self._room.wait_for(has_room, patience)
                finally:
                    self._waiting -= 1
                if not found:
                    raise ShopstreamError(
                        f"Kafka at {self._settings.kafka_bootstrap} has acknowledged nothing for"
                        f" {patience:g} seconds and the buffer is full."
                    )
            self._sent += 1
            self._buffered_bytes += size

    def _withdraw(self, delivery: Delivery, size: int) -> None:
        with self._lock:
            del self._under_way[delivery]
            self._sent -= 1
            self._free(size)

    def _free(self, size: int) -> None:
        self._buffered_bytes -= size
        if self._waiting:
            self._room.notify()

    def _settle(
        self,
        event_id: str,
        topic: str,
        size: int,
        delivery: Delivery,
        on_delivery: DeliveryCallback | None,
        outcome: Any,
    ) -> None:
        """Count one outcome: record metadata, or the exception that ended the attempts."""
        failure = str(outcome) if isinstance(outcome, BaseException) else None
        with self._lock:
            self._under_way.pop(delivery, None)
            if failure is None:
                self._acknowledged[topic] += 1
            else:
                self._failed += 1
                self._unheard_failures += 1
                self._first_failure = self._first_failure or f"{topic}: {failure}"
            self._free(size)
        report = (
            DeliveryReport(event_id, topic, outcome.partition, outcome.offset)
            if failure is None
            else DeliveryReport(event_id, topic, -1, -1, failure)
        )
        delivery.settle(report)
        if on_delivery is not None:
            on_delivery(report)

    def _raise_failures(self) -> None:
        with self._lock:
            failures, first = self._unheard_failures, self._first_failure
            self._unheard_failures, self._first_failure = 0, None
        if failures:
            raise ShopstreamError(f"{failures:,} events were not stored by Kafka; the first: {first}.")
