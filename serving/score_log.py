"""The log of scores: one record a score to Kafka, without making the caller wait."""

import threading
from collections import deque
from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol

import orjson

from ingestion.delivery import DeliveryCallback, DeliveryReport
from ingestion.settings import KafkaSettings
from ingestion.topics import SCORED_USERS
from serving.features import FeatureRow
from serving.logs import LOGGER
from serving.metrics import Metrics
from serving.shadow import Shadow

_RETRY_SECONDS = 2.0
_EVERY_SECONDS = 0.05


class Producer(Protocol):
    """The part of ``ingestion.raw_producer.RawProducer`` that the log calls."""

    def send_raw(self, topic: str, key: str, value: bytes, on_delivery: DeliveryCallback) -> Any:
        """Queue one record; ``on_delivery`` is told how it went."""

    def close(self, timeout: float) -> None:
        """Wait until what was queued is delivered or given up, and let go of the connections."""


def connect(bootstrap: str) -> Producer:
    """Return a producer of scores, which replaces a Kafka client that hangs.

    Raises ShopstreamError when no broker answers within 3 s.
    """
    from ingestion.raw_producer import RawProducer  # here: the scorer answers before it has loaded Kafka's client

    return RawProducer(
        KafkaSettings(
            kafka_bootstrap=bootstrap,
            kafka_timeout_seconds=3,
            producer_delivery_seconds=15,
            producer_linger_ms=20,
            producer_compression="none",
        )
    )


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
            if self._producer is None and not self._try_connect():
                self._stopping.wait(_RETRY_SECONDS)
                continue
            while self._queue:
                self._send(*self._queue.popleft())
            # Not woken by each score: a thread that wants the interpreter makes the call beside it wait for it.
            self._stopping.wait(_EVERY_SECONDS)
        if self._producer is not None:
            try:
                self._producer.close(_RETRY_SECONDS)
            except Exception as error:  # Kafka went away; its records were counted one by one
                LOGGER.warning("Kafka did not take the last scores", extra={"reason": type(error).__name__})

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

    def _send(self, row: FeatureRow, record: dict[str, Any]) -> None:
        assert self._producer is not None  # noqa: S101 - only called once connected
        if self._shadow is not None:
            record |= self._shadow.score(record["model"], row, record["scored_at"], record["probability"])
        value = orjson.dumps(record, option=orjson.OPT_UTC_Z)
        try:
            self._producer.send_raw(SCORED_USERS.name, row.user_id, value, self._settled)
        except Exception as error:  # a full buffer or an unknown topic: this score is lost, the thread is not
            self._failed(type(error).__name__)

    def _settled(self, report: DeliveryReport) -> None:
        if report.error is not None:
            self._failed(report.error)
            return
        self._metrics.scores_logged.inc()
        self.problem = None

    def _failed(self, reason: str) -> None:
        self._metrics.scores_not_logged.labels("not_delivered").inc()
        if self.problem is None:
            LOGGER.warning("a score was not logged", extra={"reason": reason})
        self.problem = f"scores are not logged: {reason}"
