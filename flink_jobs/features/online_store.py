"""Writes feature rows to the online store, in Feast's format, never an older row over a newer one."""

from collections.abc import Iterable, Sequence

import redis

from flink_jobs.features.online_calls import WRITE_IF_NEWER, OnlineCalls
from flink_jobs.features.schema import FeatureSet
from flink_jobs.patience import Patience

Row = tuple[str, int, int, Sequence[float]]
"""Entity id, event time in microseconds since 1970 UTC, version, and the values in the order of the feature set
(timestamps in seconds)."""

_ROWS_AT_ONCE = 200
"""Rows sent before the next are packed, so that the server works meanwhile."""


class OnlineStore:
    """The features of one set in Redis. A write that returns is in the server's memory; one that fails raises.

    A server that is away, or that loads its data, is waited for; after ``patience`` seconds the write raises
    what the client raised last.
    """

    def __init__(self, address: str, features: FeatureSet, patience: float = 60) -> None:
        host, _, port = address.rpartition(":")
        self._redis = redis.Redis(host=host, port=int(port), socket_timeout=10, socket_connect_timeout=5)
        self._calls = OnlineCalls(features)
        self._patience = Patience(patience)

    def write(self, rows: Iterable[Row]) -> int:
        """Write rows, in any order; return how many entities got a newer row than they had.

        Idempotent: a row written again, or after a newer one of its entity, changes nothing.
        """
        ids, micros, versions, values = zip(*rows, strict=True) if (rows := list(rows)) else ((), (), (), ())
        return self.write_columns(ids, micros, versions, list(zip(*values, strict=True)))

    def write_columns(
        self,
        ids: Sequence[str],
        micros: Sequence[int],
        versions: Sequence[int],
        columns: Sequence[Sequence[float]],
    ) -> int:
        """Write rows that come as columns; see ``write``."""
        # Readers see an entity's newest row alone, so of several in one batch only that is written.
        newest: dict[str, int] = {}
        for row, entity_id in enumerate(ids):
            other = newest.setdefault(entity_id, row)
            if (micros[row], versions[row]) > (micros[other], versions[other]):
                newest[entity_id] = row
        chosen = list(newest.values())
        return self._patience.call(lambda: self._write(chosen, ids, micros, versions, columns)) if chosen else 0

    def close(self) -> None:
        """Close the connections."""
        self._redis.close()

    def _write(
        self,
        chosen: Sequence[int],
        ids: Sequence[str],
        micros: Sequence[int],
        versions: Sequence[int],
        columns: Sequence[Sequence[float]],
    ) -> int:
        def packed() -> Iterable[list[bytes]]:
            for start in range(0, len(chosen), _ROWS_AT_ONCE):
                rows = chosen[start : start + _ROWS_AT_ONCE]
                yield self._calls.pack(
                    [ids[row] for row in rows],
                    [micros[row] for row in rows],
                    [versions[row] for row in rows],
                    [[column[row] for row in rows] for column in columns],
                )

        try:
            return self._send(packed())
        except redis.exceptions.NoScriptError:
            # The server is new, or was restarted: it has no scripts yet.
            self._redis.script_load(WRITE_IF_NEWER)
            return self._send(packed())

    def _send(self, batches: Iterable[list[bytes]]) -> int:
        connection = self._redis.connection_pool.get_connection()
        try:
            sent = 0
            for calls in batches:
                connection.send_packed_command([b"".join(calls)], check_health=False)
                sent += len(calls)
            return sum([connection.read_response() for _ in range(sent)])
        except BaseException:
            # Answers that were not read would be taken for those of the next calls.
            connection.disconnect()
            raise
        finally:
            self._redis.connection_pool.release(connection)
