"""A view made into one stream that all its readers share."""

from pyflink.java_gateway import get_gateway
from pyflink.table import StreamTableEnvironment


def share(t_env: StreamTableEnvironment, view: str, row_time: str | None = None, apart: bool = False) -> None:
    """Replace a temporary view or table by its stream, under the same name; ``row_time`` is its time attribute.

    A view alone is a query, which an operator put on it (metrics/window_metric.py) would run anew, and which the
    planner does not always recognise as the same where several statements read it.

    ``apart``: what reads the stream has tasks of its own, so that nothing before it waits when, at a checkpoint, files
    are closed and producers flushed. It costs a copy of each row.
    """
    get_gateway().jvm.shopstream.events.SharedView.share(t_env._j_tenv, view, row_time, apart)
