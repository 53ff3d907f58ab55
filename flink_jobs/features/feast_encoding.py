"""Feast's online format for Redis: the bytes of a row of features.

Source: Feast 0.67, ``feast/infra/online_stores/{redis,helpers}.py`` and ``feast/infra/key_encoding_utils.py``
(entity key serialization version 3). One hash an entity; a field is the murmur3 of ``view:feature``, its value a
serialized ``ValueProto``; ``_ts:view`` holds a protobuf ``Timestamp``. Pinned by a golden test that reads the
rows back through ``FeatureStore.get_online_features``.
"""

import struct
from collections.abc import Callable

import mmh3

from flink_jobs.features.schema import FeatureSet

PROJECT = "shopstream"
_STRING = 2  # feast.types.ValueType.STRING

# ValueProto's one-of, by feature type: the protobuf tag of int64_val, double_val and unix_timestamp_val.
_INT64, _DOUBLE, _TIMESTAMP = b"\x20", b"\x29", b"\x40"
TAGS = {"int64": _INT64, "double": _DOUBLE, "timestamp": _TIMESTAMP}


def key_maker(join_key: str, project: str = PROJECT) -> Callable[[str], bytes]:
    """Return the function that gives the Redis key of an entity's hash; ``join_key`` is the entity's column."""
    name, suffix = join_key.encode(), project.encode()
    prefix = struct.pack(f"<III{len(name)}sI", 1, _STRING, len(name), name, _STRING)

    def key(entity_id: str) -> bytes:
        raw = entity_id.encode()
        return prefix + struct.pack("<I", len(raw)) + raw + suffix

    return key


def feature_field(view: str, feature: str) -> bytes:
    """Return the hash field that holds a feature."""
    return mmh3.hash(f"{view}:{feature}", signed=False).to_bytes(4, "little")


def timestamp_field(view: str) -> bytes:
    """Return the hash field that holds the event time of a view."""
    return f"_ts:{view}".encode()


def hash_fields(features: FeatureSet) -> tuple[bytes, ...]:
    """Return the hash field of each feature, in the order of the set."""
    return tuple(feature_field(group.name, feature.name) for group in features.groups for feature in group.features)


def timestamp_fields(features: FeatureSet) -> tuple[bytes, ...]:
    """Return the hash field that holds the event time of each view."""
    return tuple(timestamp_field(group.name) for group in features.groups)


def _varint(number: int) -> bytes:
    number &= 0xFFFF_FFFF_FFFF_FFFF
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


_SMALL = tuple(_varint(number) for number in range(4096))


def varint(number: int) -> bytes:
    """Return a protobuf varint; negative numbers as 64-bit two's complement."""
    return _SMALL[number] if 0 <= number < 4096 else _varint(number)


def timestamp(micros: int) -> bytes:
    """Return a protobuf ``Timestamp`` for microseconds since 1970 UTC."""
    seconds, rest = divmod(micros, 1_000_000)
    return (b"\x08" + varint(seconds) if seconds else b"") + (b"\x10" + varint(rest * 1000) if rest else b"")


def value(tag: bytes, number: float) -> bytes:
    """Return a ``ValueProto``: an integer (seconds for a timestamp) or a double, by its tag."""
    if tag == _DOUBLE:
        return _DOUBLE + struct.pack("<d", number)
    return tag + varint(int(number))
