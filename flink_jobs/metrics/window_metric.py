"""The windows of a metric, counted on the JVM between two SQL files: what is counted, and what the result is called."""

from dataclasses import dataclass
from datetime import timedelta

from pyflink.java_gateway import get_gateway
from pyflink.table import StreamTableEnvironment, Table

from flink_jobs.shared_view import UNHURRIED_MS
from flink_jobs.statement import statement

LATENESS = timedelta(minutes=10)
"""A window is final once the watermark has passed its end by this: how late an event may be
(``FlagLate.java``)."""


@dataclass(frozen=True, slots=True)
class WindowMetric:
    """One metric: ``<name>_events.sql`` gives the events, ``<name>.sql`` reads the rows of ``<name>_windows``.

    Windows are aligned to 1970 UTC. ``slide`` is from the start of one to that of the next; without it they do not
    overlap.

    Raises ValueError when a window is not 1 to 32 whole slides long.
    """

    name: str
    size: timedelta
    slide: timedelta | None = None

    def __post_init__(self) -> None:
        if self.every <= timedelta() or self.size % self.every or not 1 <= self.size // self.every <= 32:
            raise ValueError(f"a window of {self.name} must be 1 to 32 whole slides long")

    @property
    def every(self) -> timedelta:
        """Time from the start of a window to the start of the next."""
        return self.size if self.slide is None else self.slide

    def create_windows(self, t_env: StreamTableEnvironment, live: timedelta) -> None:
        """Create the view ``<name>_windows`` over ``counted_events``; its columns are those of ``WindowRow.java``.

        Its rows are append-only: the latest of a key and window holds, and the one with ``is_final`` is the last. A
        window that changes gives a row within 0.1 s and ``live``; while the stream is a backlog, within 1.1 s.
        """
        t_env.execute_sql(statement("flink_jobs.metrics", f"{self.name}_events"))
        metrics = get_gateway().jvm.shopstream.metrics
        lengths = [duration // timedelta(milliseconds=1) for duration in (self.size, self.every, LATENESS, live)]
        spec = metrics.WindowSpec(self.name.replace("_", "-"), *lengths)
        windows = metrics.WindowMetrics.attach(t_env._j_tenv, f"{self.name}_events", spec, UNHURRIED_MS)
        t_env.create_temporary_view(f"{self.name}_windows", Table(windows, t_env))


PAGE_VIEWS = WindowMetric("page_views", timedelta(minutes=1))
REVENUE = WindowMetric("revenue", timedelta(minutes=5))
USER_ACTIVITY = WindowMetric("user_activity", timedelta(minutes=10))
FUNNEL_STAGES = WindowMetric("funnel_stages", timedelta(minutes=15))
EVENT_WINDOWS = WindowMetric("event_windows", timedelta(hours=1), timedelta(minutes=10))

RESULTS = (PAGE_VIEWS, REVENUE, USER_ACTIVITY, FUNNEL_STAGES)
"""Metrics that have a topic of their name."""
