"""Our bytes against protobuf's own, on Feast's message classes; keys and fields against Feast's functions."""

import struct

import pytest
from feast.infra.key_encoding_utils import serialize_entity_key
from feast.infra.online_stores.helpers import _mmh3
from feast.protos.feast.types.EntityKey_pb2 import EntityKey
from feast.protos.feast.types.Value_pb2 import Value
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import example, given
from hypothesis import strategies as st

from flink_jobs.features.feast_encoding import (
    PROJECT,
    TAGS,
    hash_fields,
    key_maker,
    timestamp,
    timestamp_fields,
    value,
    varint,
)
from flink_jobs.features.schema import FEATURE_SETS, FeatureSet

int64 = st.integers(-(2**63), 2**63 - 1)
# Around each length of a varint, where one bit decides on one byte more.
edges = st.builds(lambda bits, off: 2**bits + off, st.integers(0, 62), st.integers(-1, 1))
MAX_SECOND = 253_402_300_799
"""The last of the year 9999, which is also protobuf's limit."""


@given(int64 | edges)
@example(0)
@example(4095)
@example(4096)
@example(-1)
def test_varint(number: int) -> None:
    message = Value(int64_val=number).SerializeToString()
    assert b"\x20" + varint(number) == message


@given(int64 | edges)
@example(0)
def test_an_integer(number: int) -> None:
    assert value(TAGS["int64"], number) == Value(int64_val=number).SerializeToString()


@given(st.floats())
@example(0.0)
@example(-0.0)
def test_a_double(number: float) -> None:
    assert value(TAGS["double"], number) == Value(double_val=number).SerializeToString()


@given(st.integers(-(2**53), 2**53))
def test_an_integer_where_a_double_is_due(number: int) -> None:
    assert value(TAGS["double"], number) == Value(double_val=float(number)).SerializeToString()


@given(st.integers(0, MAX_SECOND))
@example(0)
def test_a_timestamp_feature(second: int) -> None:
    assert value(TAGS["timestamp"], second) == Value(unix_timestamp_val=second).SerializeToString()


@given(st.integers(0, MAX_SECOND), st.integers(0, 999_999))
@example(0, 0)
@example(0, 1)
@example(1, 0)
@example(MAX_SECOND, 999_999)
def test_an_event_time(second: int, microsecond: int) -> None:
    message = Timestamp(seconds=second, nanos=microsecond * 1000)
    assert timestamp(second * 1_000_000 + microsecond) == message.SerializeToString()


@given(st.integers(-62_135_596_800_000_000, -1))
def test_an_event_time_before_1970(micros: int) -> None:
    message = Timestamp()
    message.FromMicroseconds(micros)
    assert timestamp(micros) == message.SerializeToString()


@pytest.mark.parametrize("features", FEATURE_SETS, ids=lambda features: features.entity)
@given(entity_id=st.text(st.characters(codec="utf-8"), max_size=50))
@example(entity_id="")
@example(entity_id="Zoë 🛒 用户")
def test_an_entitys_key(features: FeatureSet, entity_id: str) -> None:
    entity = EntityKey(join_keys=[features.key], entity_values=[Value(string_val=entity_id)])
    key = serialize_entity_key(entity, entity_key_serialization_version=3)
    assert key_maker(features.key)(entity_id) == key + PROJECT.encode()


@pytest.mark.parametrize("features", FEATURE_SETS, ids=lambda features: features.entity)
def test_fields(features: FeatureSet) -> None:
    names = [f"{group.name}:{feature.name}" for group in features.groups for feature in group.features]
    assert [*hash_fields(features)] == [_mmh3(name) for name in names]
    assert [*timestamp_fields(features)] == [f"_ts:{group.name}".encode() for group in features.groups]
    fields = {*hash_fields(features), *timestamp_fields(features), b"_order"}
    assert len(fields) == len(features.features) + len(features.groups) + 1, "no field may overwrite another"


@pytest.mark.parametrize("number", ["1", None])
def test_what_is_no_number_is_refused(number: object) -> None:
    for tag in TAGS.values():
        if tag == TAGS["double"] or number is None:
            with pytest.raises((TypeError, struct.error)):
                value(tag, number)  # type: ignore[arg-type]
