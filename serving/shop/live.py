"""The windows that Redis has, as tables that a query over the lake can read."""

from datetime import datetime
from typing import Any

import pyarrow as pa
from redis.exceptions import RedisError

from flink_jobs.live.live_store import LiveStore
from serving.shop.period import Period
from serving.shop.window_result import WindowResult

_TIME = pa.timestamp("us", "UTC")
_WINDOWS = pa.schema([("window_start", _TIME)])
_ROWS = pa.schema(
    [
        ("window_start", _TIME),
        ("key", pa.string()),
        ("events", pa.int64()),
        ("amount", pa.float64()),
        ("ids", pa.int64()),
        ("words", pa.list_(pa.string())),
        ("is_final", pa.bool_()),
    ]
)


class LiveWindows:
    """Reads what the job wrote last; a store that is away is a ``problem``, no error, for the lake has most of it."""

    def __init__(self, store: LiveStore, address: str) -> None:
        """``address`` is told to people."""
        self._store = store
        self._address = address

    def read(self, result: str, period: Period) -> tuple[list[datetime], list[dict[str, Any]], str | None]:
        """Return the starts of the windows there are, their rows, and what went wrong, if anything did."""
        try:
            starts = self._store.between(result, period.start, period.until)
            rows = self._store.rows(result, starts)
        except (RedisError, OSError):
            return [], [], f"The live windows in Redis at {self._address} are away; what is newest may be missing."
        # A window may be gone between the two calls: then it is counted from the lake.
        there = {row["window_start"] for row in rows}
        return [start for start in starts if start in there], rows, None

    def tables(self, result: WindowResult, period: Period) -> tuple[pa.Table, pa.Table, str | None]:
        """Return the windows there are, their rows under general names, and what went wrong, if anything did."""
        starts, rows, problem = self.read(result.name, period)
        names = {"key": result.dimension, "is_final": "is_final", **result.columns()}
        columns = {
            general: [row.get(names[general]) if general in names else None for row in rows]
            for general in _ROWS.names
            if general != "window_start"
        }
        windows = pa.table({"window_start": starts}, _WINDOWS)
        return windows, pa.table({"window_start": [row["window_start"] for row in rows], **columns}, _ROWS), problem
