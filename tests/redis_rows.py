"""Rows given to the JVM's packing and connection without a job around them, one batch a call."""

from collections.abc import Iterable, Sequence
from typing import Any

from pyflink.java_gateway import get_gateway

from flink_jobs.environment import table_environment
from flink_jobs.features.online_writer import feature_rows
from flink_jobs.features.schema import FeatureSet
from flink_jobs.live.job import live_rows
from flink_jobs.redis_writer import redis_classes
from flink_jobs.settings import JobSettings

Row = tuple[str, int, int, Sequence[float]]
"""Entity id, event time in microseconds since 1970 UTC, version, and the values in the order of the feature set
(timestamps in seconds)."""

LiveRow = tuple[str, int, str, str]
"""Result, window start in seconds since 1970 UTC, row key, and the values as a JSON object."""

_MICROS = 6


def jvm() -> Any:
    """The gateway's JVM, with our classes."""
    table_environment(JobSettings(), "rows", bounded=True)
    return get_gateway().jvm


class RedisRows:
    """Packs and writes batches as the job's operator does; ``jvm()`` must have been called."""

    def __init__(self, address: str, rows: Any, types: Sequence[str], patience: float) -> None:
        """``types``: of the columns, each by the name of a LogicalType."""
        self._jvm = get_gateway().jvm
        self._types = types
        logical = self._jvm.org.apache.flink.table.types.logical
        made = {
            "string": lambda: logical.VarCharType(True, 2**31 - 1),
            "int64": lambda: logical.BigIntType(True),
            "double": lambda: logical.DoubleType(True),
            "timestamp": lambda: logical.LocalZonedTimestampType(True, _MICROS),
        }
        columns = get_gateway().new_array(logical.LogicalType, len(types))
        for place, name in enumerate(types):
            columns[place] = made[name]()
        self._type = logical.RowType.of(columns)
        data = self._jvm.org.apache.flink.table.data
        # One for all rows, as a job may hand them over: whoever keeps a row keeps the wrong one.
        self._row = data.binary.BinaryRowData(len(types))
        self._row_writer = data.writer.BinaryRowWriter(self._row)
        self._rows = rows
        milliseconds = self._jvm.java.time.Duration.ofMillis(int(patience * 1000))
        self._redis = redis_classes().PatientRedis(address, rows.script(), milliseconds)

    def send(self, rows: Iterable[Sequence[Any]]) -> int:
        """Write one batch; return the sum of the server's answers. Moments are in microseconds."""
        batch = self._rows.batch(self._type)
        for row in rows:
            batch.add(self._binary(row))
        return int(self._redis.write(batch.calls()))

    def close(self) -> None:
        """Close the connection."""
        self._redis.close()

    def _binary(self, row: Sequence[Any]) -> Any:
        data = self._jvm.org.apache.flink.table.data
        writer = self._row_writer
        writer.reset()
        for place, (kind, value) in enumerate(zip(self._types, row, strict=True)):
            if kind == "string":
                writer.writeString(place, data.StringData.fromString(value))
            elif kind == "int64":
                writer.writeLong(place, value)
            elif kind == "double":
                writer.writeDouble(place, float(value))
            else:
                millis, micros = divmod(value, 1000)
                writer.writeTimestamp(place, data.TimestampData.fromEpochMillis(millis, micros * 1000), _MICROS)
        writer.complete()
        return self._row


class FeatureWriter(RedisRows):
    """Feature rows of a set."""

    def __init__(self, address: str, features: FeatureSet, patience: float = 60) -> None:
        self._kinds = [feature.type for feature in features.features]
        jvm()
        super().__init__(address, feature_rows(features), ["string", "timestamp", "int64", *self._kinds], patience)

    def write(self, rows: Iterable[Row]) -> int:
        """Write one batch; return how many entities got a newer row than they had."""
        return self.send(
            [entity_id, micros, version]
            + [
                number * 10**6 if kind == "timestamp" else number
                for kind, number in zip(self._kinds, values, strict=True)
            ]
            for entity_id, micros, version, values in rows
        )


class LiveWriter(RedisRows):
    """Rows of windows."""

    def __init__(self, address: str, patience: float = 60) -> None:
        jvm()
        super().__init__(address, live_rows(), ["string", "timestamp", "string", "string"], patience)

    def write(self, rows: Iterable[LiveRow]) -> None:
        """Write one batch."""
        self.send((result, start * 10**6, row_key, values) for result, start, row_key, values in rows)
