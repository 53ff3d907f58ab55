"""Features of many users in one round trip.

Feast's client takes a quarter of a millisecond a user, most of it to build an answer that is taken apart again. This
reads the same hashes (``flink_jobs/features/feast_encoding.py``, the format that the job writes).
"""

import struct
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache

import redis
from google.protobuf.timestamp_pb2 import Timestamp

from flink_jobs.features.feast_encoding import hash_fields, key_maker, timestamp_fields
from flink_jobs.features.schema import USER, Feature
from serving.features import DEFAULTS, FeatureRow, FeatureValue

_VIEWS = tuple(group.name for group in USER.groups)


class ManyFeatures:
    """Reads rows of the user features; raises what ``redis`` raises when the store is away or slow."""

    def __init__(self, address: str, timeout_seconds: float) -> None:
        """Connect to nothing yet; ``address`` is ``host:port``."""
        host, _, port = address.rpartition(":")
        self._redis = redis.Redis(
            host=host, port=int(port), socket_timeout=timeout_seconds, socket_connect_timeout=timeout_seconds
        )
        self._key = key_maker(USER)
        self._fields = [*timestamp_fields(USER), *hash_fields(USER)]

    def read(self, user_ids: Sequence[str]) -> list[FeatureRow]:
        """Return a row a user, in order, as ``FeatureReader.read``."""
        pipeline = self._redis.pipeline(transaction=False)
        for user in user_ids:
            pipeline.hmget(self._key(user), self._fields)  # type: ignore[arg-type]  # a key may be bytes
        return [_row(user, found) for user, found in zip(user_ids, pipeline.execute(), strict=True)]


def _row(user: str, found: Sequence[bytes | None]) -> FeatureRow:
    stamps, values = found[: len(_VIEWS)], found[len(_VIEWS) :]
    row = dict(DEFAULTS)
    for feature, value in zip(USER.features, values, strict=True):
        if value:
            row[feature.name] = _value(feature, value)
    timestamps = {
        view: Timestamp.FromString(stamp).ToDatetime(tzinfo=UTC)
        for view, stamp in zip(_VIEWS, stamps, strict=True)
        if stamp
    }
    return FeatureRow(user, row, timestamps)


@lru_cache(maxsize=65_536)
def _value(feature: Feature, value: bytes) -> FeatureValue:
    """Decode a ``ValueProto``; most users share most values, so each is decoded once."""
    if feature.type == "double":
        found: float = struct.unpack("<d", value[1:])[0]
        return found
    number = shift = 0
    for byte in value[1:]:
        number |= (byte & 0x7F) << shift
        shift += 7
    number -= (number >> 63) << 64
    return datetime.fromtimestamp(number, UTC) if feature.type == "timestamp" else number
