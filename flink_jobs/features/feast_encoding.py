"""Feast's online format for Redis: the keys and fields of a row of features, and the tags of its values.

Source: Feast 0.67, ``feast/infra/online_stores/{redis,helpers}.py`` and ``feast/infra/key_encoding_utils.py``
(entity key serialization version 3). One hash an entity; a field is the murmur3 of ``view:feature``, its value a
serialized ``ValueProto``; ``_ts:view`` holds a protobuf ``Timestamp``. Pinned by a golden test that reads the
rows back through ``FeatureStore.get_online_features``. The JVM writes it: ``operators/.../redis/FeatureBatch.java``.
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


def key_parts(join_key: str, project: str = PROJECT) -> tuple[bytes, bytes]:
    """Return what stands before and behind the entity's id and its length; ``join_key`` is the entity's column."""
    name = join_key.encode()
    return struct.pack(f"<III{len(name)}sI", 1, _STRING, len(name), name, _STRING), project.encode()


def key_maker(join_key: str, project: str = PROJECT) -> Callable[[str], bytes]:
    """Return the function that gives the Redis key of an entity's hash; ``join_key`` is the entity's column."""
    prefix, suffix = key_parts(join_key, project)

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
