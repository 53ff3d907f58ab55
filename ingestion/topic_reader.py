"""Reads a topic from its beginning to its present end."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from kafka import KafkaConsumer, TopicPartition
from kafka.admin import KafkaAdminClient
from kafka.consumer.fetcher import ConsumerRecord
from kafka.errors import KafkaError

from ingestion.errors import ShopstreamError


class TopicReader:
    """Reads committed records only: what an open or aborted transaction wrote is not seen."""

    def __init__(self, bootstrap: str, timeout: float = 30.0) -> None:
        self._bootstrap = bootstrap
        self._timeout = timeout

    def records(self, topic: str) -> Iterator[ConsumerRecord]:
        """Yield the records up to the end the topic has now, each partition in order.

        Raises ShopstreamError when Kafka or the topic is away, or does not answer for the timeout.
        """
        with self._consumer() as consumer:
            partitions = self._partitions(consumer, topic)
            ends = consumer.end_offsets(partitions)
            consumer.assign(partitions)
            consumer.seek_to_beginning(*partitions)
            deadline = time.monotonic() + self._timeout
            while any(consumer.position(partition) < end for partition, end in ends.items()):
                if time.monotonic() > deadline:
                    raise ShopstreamError(f"Kafka at {self._bootstrap} does not answer; look at its log.")
                for batch in consumer.poll(timeout_ms=500).values():
                    deadline = time.monotonic() + self._timeout
                    yield from batch

    def latest(self, topic: str) -> dict[bytes, bytes]:
        """Return the last value of each key; a key whose last value is null is left out."""
        rows: dict[bytes, bytes] = {}
        for record in self.records(topic):
            if record.value is None:
                rows.pop(record.key, None)
            else:
                rows[record.key] = record.value
        return rows

    def read_by(self, group: str) -> dict[str, int]:
        """Return how many records of each topic the consumer group has read, by its committed offsets."""
        try:
            admin = KafkaAdminClient(bootstrap_servers=self._bootstrap)
        except KafkaError as error:
            raise self._away() from error
        try:
            offsets = admin.list_group_offsets({group: None})[group]
        finally:
            admin.close()
        read: dict[str, int] = {}
        for partition, offset in offsets.items():
            read[partition.topic] = read.get(partition.topic, 0) + max(0, offset.offset)
        return read

    def _away(self) -> ShopstreamError:
        return ShopstreamError(f"Kafka is not at {self._bootstrap}: start it with `shopstream up`.")

    @contextmanager
    def _consumer(self) -> Iterator[KafkaConsumer]:
        try:
            consumer = KafkaConsumer(
                bootstrap_servers=self._bootstrap,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                isolation_level="read_committed",
            )
        except KafkaError as error:
            raise self._away() from error
        try:
            yield consumer
        finally:
            consumer.close()

    def _partitions(self, consumer: KafkaConsumer, topic: str) -> list[TopicPartition]:
        found = consumer.partitions_for_topic(topic)
        if not found:
            raise ShopstreamError(f"Kafka has no topic {topic}: create it with `shopstream topics apply`.")
        return [TopicPartition(topic, number) for number in sorted(found)]
