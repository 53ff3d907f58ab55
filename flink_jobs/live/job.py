"""Live rows: those of all selected results as one stream, written to Redis over one connection."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from pyflink.table import StreamTableEnvironment

from flink_jobs.live.live_store import KEPT, SIZES
from flink_jobs.redis_writer import redis_classes, write_to_redis
from flink_jobs.settings import JobSettings
from flink_jobs.statement import statement

_PACKAGE = "flink_jobs.live"

_FLUSH_MS = 50
"""Longest time a live row waits for others."""


def inserts(t_env: StreamTableEnvironment, settings: JobSettings, results: Iterable[str]) -> list[str]:
    """Create what writes the rows of those ``results`` that have windows; return the statement, if there are any.

    The views that the results' own statements read must be there.
    """
    selects = [statement(_PACKAGE, result) for result in results if result in SIZES]
    if not selects:
        return []
    t_env.execute_sql("CREATE TEMPORARY VIEW live_rows AS\n" + "\nUNION ALL\n".join(selects))
    write_to_redis(t_env, "live_rows", live_rows(), settings.redis, _FLUSH_MS)
    t_env.execute_sql("CREATE TEMPORARY TABLE live_store (written BIGINT) WITH ('connector' = 'blackhole')")
    return [statement(_PACKAGE, "live")]


def live_rows() -> Any:
    """Return the JVM's object that puts rows (result, window start, row key, values) where ``LiveStore`` reads them."""
    listed = {result: KEPT // every for result, every in SIZES.items()}
    return redis_classes().LiveRows(KEPT // timedelta(seconds=1), listed)
