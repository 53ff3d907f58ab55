"""Writes feature rows to the online store, in Feast's format, never an older row over a newer one."""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

import redis

from flink_jobs.features.feast_encoding import FIELDS, TAGS, TIMESTAMP_FIELDS, timestamp, user_key, value

# Beside Feast's fields: event time and version of the row that is there, as digits, so that text order is row order.
_ORDER_FIELD = b"_order"

# One round trip a batch, one script call a row: Redis runs a script alone, so check and write cannot interleave.
_WRITE_IF_NEWER = """
local held = redis.call('HGET', KEYS[1], ARGV[1])
if held and held >= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], unpack(ARGV))
return 1
"""
# Redis knows a script by this name, wherever it was loaded from.
_SCRIPT = hashlib.sha1(_WRITE_IF_NEWER.encode(), usedforsecurity=False).hexdigest()

Row = tuple[str, int, int, Sequence[float]]
"""User id, event time in microseconds since 1970 UTC, version, and the values in the order of ``USER_FEATURES``
(timestamps in seconds)."""


class OnlineStore:
    """The user features in Redis. A write that returns is in the server's memory; one that fails raises."""

    def __init__(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        self._redis = redis.Redis(host=host, port=int(port), socket_timeout=10, socket_connect_timeout=5)

    def write(self, rows: Iterable[Row]) -> int:
        """Write rows in order; return how many were newer than what was there.

        Idempotent: a row written again, or after a newer one of its user, changes nothing.
        """
        calls = [(user_key(user_id), *_fields(micros, version, values)) for user_id, micros, version, values in rows]
        try:
            return self._call(calls)
        except redis.exceptions.NoScriptError:
            # The server is new, or was restarted: it has no scripts yet.
            self._redis.script_load(_WRITE_IF_NEWER)
            return self._call(calls)

    def close(self) -> None:
        """Close the connections."""
        self._redis.close()

    def _call(self, calls: Iterable[Sequence[Any]]) -> int:
        pipeline = self._redis.pipeline(transaction=False)
        for call in calls:
            pipeline.evalsha(_SCRIPT, 1, *call)
        return sum(pipeline.execute())


def _fields(micros: int, version: int, values: Sequence[float]) -> list[Any]:
    moment = timestamp(micros)
    fields: list[Any] = [_ORDER_FIELD, b"%017d.%012d" % (micros, version)]
    for field in TIMESTAMP_FIELDS:
        fields += (field, moment)
    for field, tag, number in zip(FIELDS, TAGS, values, strict=True):
        fields += (field, value(tag, number))
    return fields
