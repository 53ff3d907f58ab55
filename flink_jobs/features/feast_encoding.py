"""Feast's online format for Redis: the bytes of a row of user features.

Source: Feast 0.67, ``feast/infra/online_stores/{redis,helpers}.py`` and ``feast/infra/key_encoding_utils.py``
(entity key serialization version 3). One hash a user; a field is the murmur3 of ``view:feature``, its value a
serialized ``ValueProto``; ``_ts:view`` holds a protobuf ``Timestamp``. Pinned by a golden test that reads the
rows back through ``FeatureStore.get_online_features``.
"""

import struct

import mmh3

from flink_jobs.features.schema import USER_FEATURE_GROUPS, USER_FEATURES

PROJECT = "shopstream"
_STRING = 2  # feast.types.ValueType.STRING
_KEY_PREFIX = struct.pack("<III7sI", 1, _STRING, 7, b"user_id", _STRING)
_KEY_SUFFIX = PROJECT.encode()

# ValueProto's one-of, by feature type: the protobuf tag of int64_val, double_val and unix_timestamp_val.
_INT64, _DOUBLE, _TIMESTAMP = b"\x20", b"\x29", b"\x40"
_TAGS = {"int64": _INT64, "double": _DOUBLE, "timestamp": _TIMESTAMP}

FIELDS = tuple(
    mmh3.hash(f"{group.name}:{feature.name}", signed=False).to_bytes(4, "little")
    for group in USER_FEATURE_GROUPS
    for feature in group.features
)
"""Hash field of each feature, in the order of ``USER_FEATURES``."""

TIMESTAMP_FIELDS = tuple(f"_ts:{group.name}".encode() for group in USER_FEATURE_GROUPS)
TAGS = tuple(_TAGS[feature.type] for feature in USER_FEATURES)


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


def user_key(user_id: str) -> bytes:
    """Return the Redis key of a user's hash."""
    raw = user_id.encode()
    return _KEY_PREFIX + struct.pack("<I", len(raw)) + raw + _KEY_SUFFIX


def timestamp(micros: int) -> bytes:
    """Return a protobuf ``Timestamp`` for microseconds since 1970 UTC."""
    seconds, rest = divmod(micros, 1_000_000)
    return (b"\x08" + varint(seconds) if seconds else b"") + (b"\x10" + varint(rest * 1000) if rest else b"")


def value(tag: bytes, number: float) -> bytes:
    """Return a ``ValueProto``: an integer (seconds for a timestamp) or a double, by its tag."""
    if tag == _DOUBLE:
        return _DOUBLE + struct.pack("<d", number)
    return tag + varint(int(number))
