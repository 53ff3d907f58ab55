"""The log of scores: one record a score to Kafka, without making the caller wait."""

import threading
from collections import deque
from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol

import orjson

from ingestion.topics import SCORED_USERS
from serving.features import FeatureRow
from serving.logs import LOGGER
from serving.metrics import Metrics
from serving.shadow import Shadow

_RETRY_SECONDS = 2.0
_EVERY_SECONDS = 0.05


class Producer(Protocol):
    """The part of ``confluent_kafka.Producer`` that the log calls."""

    def produce(self, topic: str, value: bytes, key: str, *, on_delivery: Callable[[Any, Any], None]) -> None:
        """Queue one record; BufferError when there is no room. ``on_delivery`` is told an error, or None."""

    def poll(self, timeout: float) -> int:
        """Tell what has become of records."""

    def flush(self, timeout: float) -> int:
        """Wait until what was queued is delivered or given up; return how many records are left."""


def connect(bootstrap: str) -> Producer:
    """Return a producer of scores; while no broker answers they wait in it, for 15 s each.

    It is librdkafka's: kafka-python's takes the interpreter from the calls beside it, and hangs after some outages
    (docs/adr/0016-score-log.md).
    """
    from confluent_kafka import Producer as KafkaProducer

    producer: Producer = KafkaProducer(
        {
            "bootstrap.servers": bootstrap,
            "client.id": "shopstream-scorer",
            "linger.ms": 20,
            "message.timeout.ms": 15_000,
            "reconnect.backoff.max.ms": 1_000,
            "allow.auto.create.topics": False,
            # What goes wrong is told record by record.
            "log_level": 2,
        }
    )
    return producer


class ScoreLog:
    """A bounded queue and one thread that empties it into Kafka.

    At most once and best effort: a score is answered whether or not it can be logged. Each one that is not
    (queue full, or not delivered within 15 s) is counted in ``shopstream_scores_not_logged_total``.
    """

    def __init__(
        self, connect: Callable[[], Producer], metrics: Metrics, queue_size: int, shadow: Shadow | None = None
    ) -> None:
        """``connect`` is called in the thread, again every 2 s while Kafka is away; so is the ``shadow``."""
        self._shadow = shadow
        self._connect = connect
        self._metrics = metrics
        self._queue_size = queue_size
        self._queue: deque[tuple[FeatureRow, dict[str, Any]]] = deque()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="score-log", daemon=True)
        self._producer: Producer | None = None
        self.problem: str | None = None

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def put(
        self,
        row: FeatureRow,
        *,
        probability: float,
        model: str,
        model_version: str,
        scored_at: datetime,
        request_id: str,
    ) -> None:
        """Queue one score; returns at once, also when Kafka is away."""
        record = {
            "request_id": request_id,
            "user_id": row.user_id,
            "scored_at": scored_at,
            "probability": probability,
            "model": model,
            "model_version": model_version,
            "features": row.values,
            "feature_timestamp": row.timestamp,
            "cold_start": row.cold_start,
        }
        if len(self._queue) < self._queue_size:
            self._queue.append((row, record))
        else:
            self._metrics.scores_not_logged.labels("queue_full").inc()

    def stop(self, timeout_seconds: float) -> None:
        """Send what is queued, for at most ``timeout_seconds``; count what is then left."""
        self._stopping.set()
        if not self._thread.is_alive():
            return
        self._thread.join(timeout_seconds)
        left = len(self._queue)
        self._queue.clear()
        if left:
            self._metrics.scores_not_logged.labels("not_delivered").inc(left)
            LOGGER.warning("scores not logged at the end", extra={"count": left})

    def _run(self) -> None:
        while not (self._stopping.is_set() and (not self._queue or self._producer is None)):
            if self._producer is None:
                if not self._try_connect():
                    self._stopping.wait(_RETRY_SECONDS)
                continue
            while self._queue:
                self._send(self._producer, *self._queue.popleft())
            self._producer.poll(0)
            # Not woken by each score: a thread that wants the interpreter makes the call beside it wait for it.
            self._stopping.wait(_EVERY_SECONDS)
        if self._producer is not None and (left := self._producer.flush(_RETRY_SECONDS)):
            self._metrics.scores_not_logged.labels("not_delivered").inc(left)
            LOGGER.warning("Kafka did not take the last scores", extra={"count": left})

    def _try_connect(self) -> bool:
        try:
            self._producer = self._connect()
        except Exception as error:  # whatever the client raises, scoring goes on and the next try follows
            if self.problem is None:
                LOGGER.warning("Kafka is away: scores wait in the queue", extra={"reason": type(error).__name__})
            self.problem = "Kafka is away: scores are not logged"
            return False
        self.problem = None
        return True

    def _send(self, producer: Producer, row: FeatureRow, record: dict[str, Any]) -> None:
        if self._shadow is not None:
            record |= self._shadow.score(record["model"], row, record["scored_at"], record["probability"])
        value = orjson.dumps(record, option=orjson.OPT_UTC_Z)
        try:
            producer.produce(SCORED_USERS.name, value, row.user_id, on_delivery=self._settled)
        except Exception as error:  # a full buffer or a broken client: this score is lost, the thread is not
            self._failed(type(error).__name__)

    def _settled(self, error: Any, _message: Any) -> None:
        if error is not None:
            self._failed(str(error))
            return
        self._metrics.scores_logged.inc()
        self.problem = None

    def _failed(self, reason: str) -> None:
        self._metrics.scores_not_logged.labels("not_delivered").inc()
        if self.problem is None:
            LOGGER.warning("a score was not logged", extra={"reason": reason})
        self.problem = f"scores are not logged: {reason}"
