"""Writes feature rows to the online store, in Feast's format, never an older row over a newer one."""

from typing import Any

from pyflink.java_gateway import get_gateway
from pyflink.table import StreamTableEnvironment
from pyflink.util.java_utils import to_jarray

from flink_jobs.features.feast_encoding import hash_fields, key_parts, timestamp_fields
from flink_jobs.features.schema import FeatureSet
from flink_jobs.redis_writer import PATIENCE_MS, redis_classes, write_to_redis

# Beside Feast's fields: event time and version of the row that is there, as digits, so that text order is row order.
ORDER_FIELD = b"_order"

WRITE_IF_NEWER = """
local held = redis.call('HGET', KEYS[1], ARGV[1])
if held and held >= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], unpack(ARGV))
return 1
"""
"""Redis runs a script alone, so check and write cannot interleave. Arguments: the fields and values of the hash, the
order first. Returns whether it has written."""


def feature_rows(features: FeatureSet) -> Any:
    """Return the JVM's object that packs the rows of a set: id, event time, version, the features in their order."""

    def texts(fields: tuple[bytes, ...]) -> Any:
        return to_jarray(get_gateway().jvm.String, [field.hex() for field in fields])

    return redis_classes().FeatureRows(
        *(part.hex() for part in key_parts(features.key)),
        ORDER_FIELD.hex(),
        texts(timestamp_fields(features)),
        texts(hash_fields(features)),
        WRITE_IF_NEWER,
    )


def write_online(
    t_env: StreamTableEnvironment,
    features: FeatureSet,
    address: str,
    flush_ms: int,
    patience_ms: int = PATIENCE_MS,
) -> None:
    """Write ``online_..._feature_rows`` to the store at ``address``; see ``write_to_redis``.

    Of an entity the row that is newest by (event time, version) stays, in whatever order and however often rows come.
    """
    view = f"online_{features.entity}_feature_rows"
    write_to_redis(t_env, view, feature_rows(features), address, flush_ms, patience_ms)
