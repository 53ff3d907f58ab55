"""Sends records again, each together with its mark."""

import contextlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from kafka import KafkaProducer
from kafka.errors import KafkaError, ProducerFencedError

from ingestion.dead_letters.dead_letter import Position
from ingestion.dead_letters.decision import Resent
from ingestion.dead_letters.marks import Mark
from ingestion.errors import ShopstreamError
from ingestion.settings import KafkaSettings
from ingestion.topic_admin import kafka_away
from ingestion.topics import DEAD_LETTER_REPLAYS

_TRANSACTIONAL_ID = "shopstream-dead-letters-replay"
# A replay that is killed leaves a transaction open, behind which nobody reads on: it must end soon by itself.
_TRANSACTION_MS = 10_000


class ReplaySender:
    """A batch is one Kafka transaction: readers see its records and their marks, or none of both.

    Only one sender works at a time, on whatever machine: a new one ends the transaction of the one before, whose
    next ``send`` raises. So marks that are read after this was made are all there will be but for its own. Use
    it as a context manager.
    """

    def __init__(self, settings: KafkaSettings) -> None:
        """Connect and shut out other senders. Raises ShopstreamError when Kafka is away."""
        self._bootstrap = settings.kafka_bootstrap
        timeout_ms = int(settings.kafka_timeout_seconds * 1000)
        try:
            self._kafka = KafkaProducer(
                bootstrap_servers=settings.kafka_bootstrap.split(","),
                client_id="shopstream-dead-letters",
                transactional_id=_TRANSACTIONAL_ID,
                transaction_timeout_ms=_TRANSACTION_MS,
                delivery_timeout_ms=_TRANSACTION_MS,
                request_timeout_ms=_TRANSACTION_MS // 2,
                compression_type="gzip",
                allow_auto_create_topics=False,
                bootstrap_timeout_ms=timeout_ms,
                # A transaction of the sender before, or a broker that just started, takes a while.
                max_block_ms=max(timeout_ms, 2 * _TRANSACTION_MS),
                metrics_enabled=False,
            )
        except (KafkaError, OSError) as error:
            raise kafka_away(settings.kafka_bootstrap) from error
        try:
            self._kafka.init_transactions()
        except KafkaError as error:
            self._close()
            raise ShopstreamError(f"Kafka at {self._bootstrap} gives no transaction: {error}.") from error

    def send(self, batch: Sequence[Resent]) -> list[Mark]:
        """Send the records and their marks, wait until Kafka has committed both, and return the marks.

        When this raises, neither is seen by anybody; only if Kafka fell silent during the commit, it may be both.
        Either way running the replay again sends what is missing and nothing twice. Raises ShopstreamError.
        """
        try:
            self._kafka.begin_transaction()
            try:
                marks = self._write(batch)
                self._kafka.commit_transaction()
            except BaseException as error:
                self._abort(error)
                raise
        except ProducerFencedError as error:
            raise ShopstreamError(
                "another replay has started and goes on alone; see what is left with --dry-run."
            ) from error
        except KafkaError as error:
            raise ShopstreamError(
                f"Kafka at {self._bootstrap} did not take a batch: {error};"
                " run the same replay again, it sends what is left."
            ) from error
        return marks

    def _write(self, batch: Sequence[Resent]) -> list[Mark]:
        futures = [
            self._kafka.send(item.topic, item.value, item.key, partition=self._partition(item)) for item in batch
        ]
        self._kafka.flush(_TRANSACTION_MS / 1000)
        now = datetime.now(UTC)
        marks = []
        for item, future in zip(batch, futures, strict=True):
            stored: Any = future.get(0)
            sent_to = Position(stored.topic, stored.partition, stored.offset)
            marks.append(Mark(item.letter.source, item.letter.kafka_time, now, sent_to, item.mended))
        for mark in marks:
            self._kafka.send(DEAD_LETTER_REPLAYS.name, mark.to_bytes(), mark.key, partition=0)
        return marks

    def _partition(self, item: Resent) -> int | None:
        return item.partition if item.partition in self._kafka.partitions_for(item.topic) else None

    def _abort(self, error: BaseException) -> None:
        try:
            self._kafka.abort_transaction()
        except KafkaError as second:
            # Kafka ends it by itself after the transaction's timeout.
            error.add_note(f"The transaction could not be ended either: {second}")

    def __enter__(self) -> "ReplaySender":
        return self

    def __exit__(self, *_error: object) -> None:
        self._close()

    def _close(self) -> None:
        # All that matters was committed; a broker that is away must not hold the program up.
        with contextlib.suppress(KafkaError):
            self._kafka.close(timeout=1)
