"""A view made into one stream that all its readers share."""

from pyflink.java_gateway import get_gateway
from pyflink.table import StreamTableEnvironment

UNHURRIED_MS = 100
"""Wait of rows for which nobody waits. With the job's own 20 ms their readers are woken 50 times a second, each."""


def share(
    t_env: StreamTableEnvironment, view: str, row_time: str | None = None, apart: bool = False, wait_ms: int = -1
) -> None:
    """Replace a temporary view or table by its stream, under the same name; ``row_time`` is its time attribute.

    A view alone is a query, which an operator put on it (metrics/window_metric.py) would run anew, and which the
    planner does not always recognise as the same where several statements read it.

    ``apart``: what reads the stream has tasks of its own, so that nothing before it waits when, at a checkpoint, files
    are closed and producers flushed. It costs a copy of each row. ``wait_ms``: longest time that a row then waits for
    others before they go there together; -1: as everywhere in the job.
    """
    get_gateway().jvm.shopstream.events.SharedView.share(t_env._j_tenv, view, row_time, apart, wait_ms)
