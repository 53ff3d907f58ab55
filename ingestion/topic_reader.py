"""Reads a topic, or a part of it, up to its present end."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from kafka import KafkaConsumer, TopicPartition
from kafka.admin import KafkaAdminClient
from kafka.consumer.fetcher import ConsumerRecord
from kafka.errors import KafkaError

from ingestion.errors import ShopstreamError


class TopicReader:
    """Reads committed records only: what an open or aborted transaction wrote is not seen."""

    def __init__(self, bootstrap: str, timeout: float = 30.0) -> None:
        """``timeout``: seconds that Kafka may be silent, at first or later, before it counts as away."""
        self._bootstrap = bootstrap
        self._timeout = timeout

    def ends(self, *topics: str) -> dict[TopicPartition, int]:
        """Return the offset after the last committed record of each partition of the topics."""
        with self._consumer() as consumer:
            partitions = [partition for topic in topics for partition in self._partitions(consumer, topic)]
            ends: dict[TopicPartition, int] = consumer.end_offsets(partitions)
            return ends

    def begins(self, *topics: str) -> dict[TopicPartition, int]:
        """Return the first offset that each partition of the topics still holds."""
        with self._consumer() as consumer:
            partitions = [partition for topic in topics for partition in self._partitions(consumer, topic)]
            begins: dict[TopicPartition, int] = consumer.beginning_offsets(partitions)
            return begins

    def count(self, starts: Mapping[TopicPartition, int], ends: Mapping[TopicPartition, int]) -> dict[str, int]:
        """Return, by topic, the number of records between two offsets of each partition, found by reading them.

        It can be less than the difference: the end of a transaction takes an offset too.
        """
        counts = dict.fromkeys((partition.topic for partition in starts), 0)
        if starts:
            with self._consumer() as consumer:
                consumer.assign(list(starts))
                for partition, offset in starts.items():
                    consumer.seek(partition, offset)
                for record in self._up_to(consumer, {partition: ends[partition] for partition in starts}):
                    counts[record.topic] += 1
        return counts

    def records(
        self, topic: str, ends: Mapping[TopicPartition, int] | None = None, since: datetime | None = None
    ) -> Iterator[ConsumerRecord]:
        """Yield the records up to ``ends``, by default the present ones, each partition in order.

        ``since`` leaves out, of each partition, what lies before the first record of that Kafka time or later.
        Raises ShopstreamError when Kafka or the topic is away, or does not answer for the timeout.
        """
        with self._consumer() as consumer:
            partitions = self._partitions(consumer, topic)
            ends = consumer.end_offsets(partitions) if ends is None else ends
            consumer.assign(partitions)
            consumer.seek_to_beginning(*partitions)
            if since is not None:
                milliseconds = int(since.timestamp() * 1000)
                for partition, found in consumer.offsets_for_times(dict.fromkeys(partitions, milliseconds)).items():
                    consumer.seek(partition, found.offset if found else ends.get(partition, 0))
            yield from self._up_to(consumer, ends)

    def record(self, topic: str, partition: int, offset: int) -> ConsumerRecord | None:
        """Return one record; None when there is none at that offset, or its partition is none of the topic's."""
        with self._consumer() as consumer:
            wanted = TopicPartition(topic, partition)
            if wanted not in self._partitions(consumer, topic):
                return None
            (begin,), (end,) = consumer.beginning_offsets([wanted]).values(), consumer.end_offsets([wanted]).values()
            if not begin <= offset < end:
                return None
            consumer.assign([wanted])
            consumer.seek(wanted, offset)
            for record in self._up_to(consumer, {wanted: offset + 1}):
                return record if record.offset == offset else None
            return None

    def latest(self, topic: str, key: bytes | None = None) -> dict[bytes, bytes]:
        """Return the last value of each key, or of one; a key whose last value is null is left out."""
        rows: dict[bytes, bytes] = {}
        for record in self.records(topic):
            if key is not None and record.key != key:
                continue
            if record.value is None:
                rows.pop(record.key, None)
            else:
                rows[record.key] = record.value
        return rows

    def committed(self, group: str) -> dict[TopicPartition, int]:
        """Return where the consumer group goes on reading, for the partitions of which it has committed something."""
        try:
            admin = KafkaAdminClient(bootstrap_servers=self._bootstrap)
        except KafkaError as error:
            raise self._away() from error
        deadline = time.monotonic() + self._timeout
        try:
            while True:
                try:
                    offsets = admin.list_group_offsets({group: None})[group]
                    return {partition: found.offset for partition, found in offsets.items() if found.offset >= 0}
                except KafkaError as error:
                    # A broker that no group has asked before makes its topic of offsets only now.
                    if not error.retriable or time.monotonic() > deadline:
                        raise ShopstreamError(f"Kafka at {self._bootstrap} does not answer: {error}.") from error
                    time.sleep(0.2)
        finally:
            admin.close()

    def read_by(self, group: str) -> dict[str, int]:
        """Return how many records of each topic the consumer group has read, by its committed offsets."""
        read: dict[str, int] = {}
        for partition, offset in self.committed(group).items():
            read[partition.topic] = read.get(partition.topic, 0) + offset
        return read

    def _away(self) -> ShopstreamError:
        return ShopstreamError(f"Kafka is not at {self._bootstrap}: start it with `shopstream up`.")

    def _up_to(self, consumer: KafkaConsumer, ends: Mapping[TopicPartition, int]) -> Iterator[ConsumerRecord]:
        deadline = time.monotonic() + self._timeout
        while True:
            done = [partition for partition, end in ends.items() if consumer.position(partition) >= end]
            if len(done) == len(ends):
                return
            # Of these nothing more is wanted, however much is written to them meanwhile.
            consumer.pause(*done)
            if time.monotonic() > deadline:
                raise ShopstreamError(f"Kafka at {self._bootstrap} does not answer; look at its log.")
            for batch in consumer.poll(timeout_ms=500).values():
                deadline = time.monotonic() + self._timeout
                for record in batch:
                    # A fetch brings whole batches, which may go beyond the end.
                    if record.offset < ends.get(TopicPartition(record.topic, record.partition), 0):
                        yield record

    @contextmanager
    def _consumer(self) -> Iterator[KafkaConsumer]:
        try:
            consumer = KafkaConsumer(
                bootstrap_servers=self._bootstrap,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                isolation_level="read_committed",
                bootstrap_timeout_ms=round(self._timeout * 1000),
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
