"""The calls that write feature rows to Redis, as the bytes that go over the wire (RESP2).

A row is some 45 short arguments. A client library spends most of its time on packing each of them, so what is the same
in all rows is packed once, and numbers that come again and again (small counts, zeros) are packed once each.
"""

import hashlib
import struct
from collections.abc import Callable, Sequence

from flink_jobs.features.feast_encoding import TAGS, hash_fields, key_maker, timestamp, timestamp_fields, value
from flink_jobs.features.schema import FeatureSet

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

# Redis knows a script by this name, wherever it was loaded from.
_SCRIPT = hashlib.sha1(WRITE_IF_NEWER.encode(), usedforsecurity=False).hexdigest().encode()

_MOST_KEPT = 1 << 16
"""Packed numbers kept for each feature."""


def bulk(argument: bytes) -> bytes:
    """Return one argument of a call as RESP has it."""
    return b"$%d\r\n%b\r\n" % (len(argument), argument)


_ORDER = bulk(ORDER_FIELD)


class _Integers(dict[int, bytes]):
    """Field and value of an integer feature, packed when first asked for."""

    def __init__(self, field: bytes, tag: bytes) -> None:
        super().__init__()
        self._field = bulk(field)
        self._tag = tag

    def __missing__(self, number: int) -> bytes:
        packed = self._field + bulk(value(self._tag, number))
        if len(self) >= _MOST_KEPT:
            self.clear()
        self[number] = packed
        return packed


def _integers(field: bytes, tag: bytes) -> Callable[[Sequence[float]], list[bytes]]:
    known = _Integers(field, tag)
    return lambda numbers: [known[int(number)] for number in numbers]


def _doubles(field: bytes, tag: bytes) -> Callable[[Sequence[float]], list[bytes]]:
    # Not kept by value: 0.0 and -0.0 are equal, and their bytes are not.
    length = len(value(tag, 0.0))
    head, size = bulk(field) + b"$%d\r\n" % length + tag, struct.calcsize("<d")

    def pack(numbers: Sequence[float]) -> list[bytes]:
        together = struct.pack(f"<{len(numbers)}d", *numbers)
        return [b"%b%b\r\n" % (head, together[at : at + size]) for at in range(0, len(together), size)]

    return pack


class OnlineCalls:
    """Packs rows of one feature set, a column at a time."""

    def __init__(self, features: FeatureSet) -> None:
        self._key = key_maker(features.key)
        packers = {"int64": _integers, "timestamp": _integers, "double": _doubles}
        self._columns = [
            packers[feature.type](field, TAGS[feature.type])
            for field, feature in zip(hash_fields(features), features.features, strict=True)
        ]
        self._moments = [bulk(field) for field in timestamp_fields(features)]
        arguments = 4 + 2 * (1 + len(self._moments) + len(self._columns))
        self._head = b"*%d\r\n%b%b%b" % (arguments, bulk(b"EVALSHA"), bulk(_SCRIPT), bulk(b"1"))

    def key(self, entity_id: str) -> bytes:
        """Return the Redis key of an entity."""
        return self._key(entity_id)

    def pack(
        self,
        ids: Sequence[str],
        micros: Sequence[int],
        versions: Sequence[int],
        columns: Sequence[Sequence[float]],
    ) -> list[bytes]:
        """Return one call a row; ``columns`` holds the values of each feature, in the order of the set."""
        packed = [pack(column) for pack, column in zip(self._columns, columns, strict=True)]
        return [
            b"".join((self._row_head(entity_id, moment, version), *values))
            for entity_id, moment, version, *values in zip(ids, micros, versions, *packed, strict=True)
        ]

    def _row_head(self, entity_id: str, micros: int, version: int) -> bytes:
        moment = bulk(timestamp(micros))
        moments = b"".join([field + moment for field in self._moments])
        order = bulk(b"%018d.%012d" % (micros, version))
        return b"%b%b%b%b%b" % (self._head, bulk(self._key(entity_id)), _ORDER, order, moments)
