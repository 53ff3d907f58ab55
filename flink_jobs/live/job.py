"""Live rows: those of all selected results as one stream, written to Redis by one function."""

from collections.abc import Iterable

from pyflink.table import StreamTableEnvironment

from flink_jobs.live.live_store import SIZES
from flink_jobs.live.write_live_rows import write_live_rows
from flink_jobs.settings import JobSettings
from flink_jobs.shared_view import share
from flink_jobs.statement import statement

_PACKAGE = "flink_jobs.live"


def inserts(t_env: StreamTableEnvironment, settings: JobSettings, results: Iterable[str]) -> list[str]:
    """Create what writes the rows of those ``results`` that have windows; return the statement, if there are any.

    The views that the results' own statements read must be there.
    """
    selects = [statement(_PACKAGE, result) for result in results if result in SIZES]
    if not selects:
        return []
    t_env.execute_sql("CREATE TEMPORARY VIEW live_rows AS\n" + "\nUNION ALL\n".join(selects))
    # Else the planner would give each result a function of its own, and that a Python process.
    share(t_env, "live_rows")
    t_env.create_temporary_system_function("write_live_rows", write_live_rows(settings.redis))
    t_env.execute_sql("CREATE TEMPORARY TABLE live_store (written BIGINT) WITH ('connector' = 'blackhole')")
    return [statement(_PACKAGE, "live")]
