"""Window metrics: page views, revenue, user activity and funnel stages, and the windows that anomalies are found in."""

from collections.abc import Iterable
from datetime import timedelta

from pyflink.table import StreamTableEnvironment

from flink_jobs.metrics.window_metric import EVENT_WINDOWS, RESULTS, WindowMetric
from flink_jobs.settings import JobSettings
from flink_jobs.statement import statement


def create_views(
    t_env: StreamTableEnvironment,
    settings: JobSettings,
    metrics: Iterable[WindowMetric] = (*RESULTS, EVENT_WINDOWS),
) -> None:
    """Create the view ``<name>_rows`` of each metric over ``counted_events``; that of ``EVENT_WINDOWS`` has its name.

    A metric whose view nothing reads costs nothing.
    """
    for metric in metrics:
        metric.create_windows(t_env, timedelta(milliseconds=settings.live_row_ms))
        t_env.execute_sql(statement("flink_jobs.metrics", metric.name))


def inserts(metrics: Iterable[WindowMetric] = RESULTS) -> list[str]:
    """Return the statements that write each metric's rows to the table of its name."""
    return [f"INSERT INTO {one.name} SELECT * FROM {one.name}_rows" for one in metrics]  # noqa: S608 (our own names)
