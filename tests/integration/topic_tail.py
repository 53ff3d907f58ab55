"""What arrives in Kafka topics from a moment on."""

import time

from kafka import KafkaConsumer, TopicPartition
from kafka.consumer.fetcher import ConsumerRecord


class TopicTail:
    """Remembers the ends of topics when it is made and reads what came after."""

    def __init__(self, bootstrap: str, *topics: str) -> None:
        self._consumer = KafkaConsumer(
            bootstrap_servers=bootstrap, enable_auto_commit=False, auto_offset_reset="earliest"
        )
        self._partitions = [
            TopicPartition(topic, number)
            for topic in topics
            for number in sorted(self._consumer.partitions_for_topic(topic) or ())
        ]
        self._begin = self._consumer.end_offsets(self._partitions)

    def read(self, seconds: float = 30) -> list[ConsumerRecord]:
        """Return all records up to the present end, by partition in order; fails after ``seconds``."""
        ends = self._consumer.end_offsets(self._partitions)
        self._consumer.assign(self._partitions)
        for partition, offset in self._begin.items():
            self._consumer.seek(partition, offset)
        records: list[ConsumerRecord] = []
        deadline = time.monotonic() + seconds
        while any(self._consumer.position(partition) < end for partition, end in ends.items()):
            assert time.monotonic() < deadline, f"read only {len(records)} records in {seconds} s"
            for batch in self._consumer.poll(timeout_ms=500).values():
                records.extend(batch)
        return records

    def close(self) -> None:
        """Let go of the connection."""
        self._consumer.close()
