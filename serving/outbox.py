"""Events on their way to Kafka: taken from calls on the event loop, sent by one thread, reported back."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import SimpleQueue

from ingestion.collector.segment import Collected
from ingestion.errors import ShopstreamError
from ingestion.producer import EventProducer
from ingestion.settings import KafkaSettings
from ingestion.topics import EVENT_TOPICS
from serving.logs import LOGGER
from serving.metrics import Metrics
from serving.parcel import Parcel, Producer
from serving.problems import NotReadyError, ProblemError

_RETRY_SECONDS = 1.0


def connect(settings: KafkaSettings) -> Producer:
    """Return a producer that knows all event topics. Raises ShopstreamError while Kafka or a topic is missing."""
    producer = EventProducer(settings)
    try:
        producer.find_topics(EVENT_TOPICS)
    except ShopstreamError:
        producer.close(0)
        raise
    return producer


class Outbox:
    """Bounded in events and bytes, and in the time that a caller waits.

    The event loop never waits for Kafka: a producer blocks while it connects or looks a topic up, so one
    thread of its own calls it. All counting is done on the event loop.
    """

    def __init__(
        self,
        connect: Callable[[], Producer],
        metrics: Metrics,
        max_events: int,
        max_bytes: int,
        acknowledge_seconds: float,
    ) -> None:
        """``connect`` is called in the thread, again every second while it raises.

        ``max_bytes`` is at most the producer's buffer, so that ``send`` finds room.
        """
        self._connect = connect
        self._metrics = metrics
        self._max_events = max_events
        self._max_bytes = max_bytes
        self._seconds = acknowledge_seconds
        self._events = self._bytes = 0
        self._under_way: set[Parcel] = set()
        self._acknowledged_at = float("-inf")
        # None wakes the thread up.
        self._queue: SimpleQueue[Parcel | None] = SimpleQueue()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="outbox", daemon=True)
        self._producer: Producer | None = None
        self._stalled: Producer | None = None
        self.problem: str | None = "the collector is connecting to Kafka"

    def start(self) -> None:
        """Begin to connect; returns at once. For the event loop that delivers."""
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    async def stop(self, seconds: float) -> None:
        """Deliver what is under way, for at most ``seconds``, and let go of the connection."""
        self._stopping.set()
        self._queue.put(None)
        # Without a connection there is nothing to wait for.
        if self._producer is not None and self._thread.is_alive():
            await asyncio.to_thread(self._thread.join, seconds)

    def check_room(self, events: int, size: int) -> None:
        """Raise NotReadyError (503) while Kafka is away, ProblemError (429) when too much is under way."""
        if self._producer is None:
            self._metrics.collector_kafka_failures.labels("away").inc()
            raise NotReadyError("kafka-away", "Kafka is away: send the events again.")
        # Something larger than the limit goes alone rather than never.
        if self._events and (self._events + events > self._max_events or self._bytes + size > self._max_bytes):
            raise ProblemError(
                429, "too-many-in-flight", "Too many events are on their way to Kafka.", headers={"Retry-After": "1"}
            )

    async def deliver(self, events: Sequence[Collected]) -> None:
        """Return once Kafka has acknowledged every event.

        Raises as ``check_room`` does, and NotReadyError (503) when an event was not acknowledged in time.
        Then some may be stored and some may still be: sent again with their ids, they count once.
        """
        if not events:
            return
        parcel = Parcel(events, self._arrive)
        self.check_room(len(events), parcel.size)
        self._under_way.add(parcel)
        self._count(len(events), parcel.size)
        self._queue.put(parcel)
        try:
            await asyncio.wait_for(parcel.answered, self._seconds)
        except TimeoutError:
            parcel.abandoned = True
            self._tell("Kafka does not acknowledge events")
            self._suspect(parcel)
        if parcel.abandoned or parcel.failure is not None:
            self._metrics.collector_kafka_failures.labels("not_acknowledged").inc()
            raise NotReadyError("not-acknowledged", "Kafka has not acknowledged the events: send them again.")

    def _count(self, events: int, size: int) -> None:
        self._events += events
        self._bytes += size
        self._metrics.collector_in_flight.set(self._events)

    def _arrive(self, parcel: Parcel) -> None:
        self._under_way.discard(parcel)
        self._count(-len(parcel.events), -parcel.size)
        if parcel.failure is None:
            self._acknowledged_at = parcel.loop.time()
            self.problem = None
        elif not parcel.abandoned:
            self._tell(f"events do not reach Kafka: {parcel.failure}")
        if not parcel.answered.done():
            parcel.answered.set_result(None)

    def _suspect(self, parcel: Parcel) -> None:
        """Have the producer replaced when it has delivered nothing at all since it got this parcel.

        Until another one finds Kafka, calls are refused at once instead of after a wait. And a kafka-python
        producer whose request for a new producer id got lost with its connection would never recover.
        """
        producer = self._producer
        if producer is not None and parcel.producer is producer and self._acknowledged_at < parcel.began:
            self._producer, self._stalled = None, producer
            self._queue.put(None)

    def _write_off(self, producer: Producer) -> None:
        for parcel in [one for one in self._under_way if one.producer is producer]:
            parcel.give_up("the producer was closed")

    def _tell(self, problem: str) -> None:
        if problem != self.problem:
            LOGGER.warning("events are not collected", extra={"reason": problem})
        self.problem = problem

    def _run(self) -> None:
        while not self._stopping.is_set():
            if self._stalled is not None:
                self._let_go(self._stalled, 0)
                self._stalled = None
            if self._producer is None and not self._try_connect():
                self._stopping.wait(_RETRY_SECONDS)
                continue
            parcel = self._queue.get()
            if parcel is not None:
                self._send(parcel)
        while not self._queue.empty():
            parcel = self._queue.get()
            if parcel is not None:
                self._send(parcel)
        if self._producer is not None:
            self._let_go(self._producer, self._seconds)

    def _try_connect(self) -> bool:
        try:
            self._producer = self._connect()
        except Exception as error:  # whatever the client raises, scores are served on and the next try follows
            # Our own sentences hold no personal data and say what to do.
            self._tell(str(error) if isinstance(error, ShopstreamError) else type(error).__name__)
            return False
        self.problem = None
        LOGGER.info("the collector is connected to Kafka")
        return True

    def _send(self, parcel: Parcel) -> None:
        parcel.producer = producer = self._producer
        # An abandoned one's caller was told to send it again: what Kafka did not get is not owed any more.
        if producer is None or parcel.abandoned:
            parcel.give_up("nobody waits for it")
            return
        try:
            for one in parcel.events:
                producer.send(one.event, parcel.report, one.value)
        except Exception as error:  # the call is answered 503, and the thread lives on with a new producer
            LOGGER.warning("the producer fails and is replaced", extra={"reason": type(error).__name__})
            parcel.give_up(type(error).__name__)
            self._producer, self._stalled = None, producer

    def _let_go(self, producer: Producer, seconds: float) -> None:
        try:
            producer.close(seconds)
        except Exception as error:  # each call is answered by its own reports; nothing is left to tell
            LOGGER.warning("Kafka did not take the last events", extra={"reason": type(error).__name__})
        with suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self._write_off, producer)
