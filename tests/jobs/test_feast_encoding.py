"""Our bytes against protobuf's own, on Feast's message classes; keys and fields against Feast's functions."""

from collections.abc import Callable

import pytest
from feast.infra.key_encoding_utils import serialize_entity_key
from feast.infra.online_stores.helpers import _mmh3
from feast.protos.feast.types.EntityKey_pb2 import EntityKey
from feast.protos.feast.types.Value_pb2 import Value
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import example, given
from hypothesis import strategies as st

from flink_jobs.features.feast_encoding import PROJECT, TAGS, hash_fields, key_maker, timestamp_fields
from flink_jobs.features.schema import FEATURE_SETS, FeatureSet
from tests.redis_rows import jvm

Pack = Callable[[str, float], bytes]
int64 = st.integers(-(2**63), 2**63 - 1)
# Around each length of a varint, where one bit decides on one byte more.
edges = st.builds(lambda bits, off: 2**bits + off, st.integers(0, 62), st.integers(-1, 1))
SAMPLES = {"int64": {"int64_val": 1}, "double": {"double_val": 1.0}, "timestamp": {"unix_timestamp_val": 1}}
MAX_SECOND = 253_402_300_799
"""The last of the year 9999, which is also protobuf's limit."""


@pytest.fixture(scope="module")
def pack() -> Pack:
    """Calls the JVM's function of that name."""
    proto = jvm().shopstream.redis.ValueProto
    return lambda name, number: bytes(getattr(proto, name)(number))


@given(number=int64 | edges)
@example(number=0)
@example(number=127)
@example(number=128)
@example(number=-1)
def test_an_integer(pack: Pack, number: int) -> None:
    assert pack("integer", number) == Value(int64_val=number).SerializeToString()


@given(number=st.floats(allow_nan=False))
@example(number=0.0)
@example(number=-0.0)
@example(number=5e-324)
def test_a_double(pack: Pack, number: float) -> None:
    assert pack("real", number) == Value(double_val=number).SerializeToString()


@given(second=st.integers(0, MAX_SECOND))
@example(second=0)
def test_a_timestamp_feature(pack: Pack, second: int) -> None:
    assert pack("second", second) == Value(unix_timestamp_val=second).SerializeToString()


@given(second=st.integers(0, MAX_SECOND), microsecond=st.integers(0, 999_999))
@example(second=0, microsecond=0)
@example(second=0, microsecond=1)
@example(second=1, microsecond=0)
@example(second=MAX_SECOND, microsecond=999_999)
def test_an_event_time(pack: Pack, second: int, microsecond: int) -> None:
    message = Timestamp(seconds=second, nanos=microsecond * 1000)
    assert pack("moment", second * 1_000_000 + microsecond) == message.SerializeToString()


@given(micros=st.integers(-62_135_596_800_000_000, -1))
def test_an_event_time_before_1970(pack: Pack, micros: int) -> None:
    message = Timestamp()
    message.FromMicroseconds(micros)
    assert pack("moment", micros) == message.SerializeToString()


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


def test_tags() -> None:
    """By which readers know the values."""
    assert {name: Value(**one).SerializeToString()[:1] for name, one in SAMPLES.items()} == TAGS
