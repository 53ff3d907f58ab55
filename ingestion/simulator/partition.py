"""The partition that Kafka's default partitioner gives a key."""

from functools import lru_cache

from kafka.partitioner.default import murmur2

from ingestion.topics import Topic


@lru_cache(maxsize=1 << 16)
def _hashed(key: str) -> int:
    found: int = murmur2(key.encode())
    return found & 0x7FFFFFFF


def partition_of(topic: Topic, key: str) -> int:
    """Return the partition of a record with this key, in a topic that has the partitions of the contract."""
    return _hashed(key) % topic.partitions
