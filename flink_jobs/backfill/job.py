"""The feature job once more, over past events: its own views and functions, from a file into a log of its own."""

from collections.abc import Iterator
from datetime import datetime

from pyflink.table import StreamTableEnvironment

from flink_jobs import sinks
from flink_jobs.features import job as features
from flink_jobs.features.schema import FeatureSet
from flink_jobs.statement import statement

_PACKAGE = "flink_jobs.backfill"


def create_events(t_env: StreamTableEnvironment, arrivals: str) -> None:
    """Create ``counted_events`` over the folder ``arrivals`` with the one file that ``arrivals.write`` made."""
    # Every watermark counts, for the events that follow it were taken with it.
    t_env.get_config().set("pipeline.auto-watermark-interval", "0 ms")
    t_env.execute_sql(statement(_PACKAGE, "counted_events", path=arrivals))


def inserts(
    t_env: StreamTableEnvironment, sets: list[FeatureSet], into: str, start: datetime, until: datetime
) -> Iterator[str]:
    """Create the feature rows over ``counted_events``; yield the statements that log those of [start, until).

    The logs lie in the folder ``into``, each under the name of its feature set.
    """
    features.create_views(t_env, sets)
    for one in sets:
        sinks.create_feature_log(t_env, one, f"{into}/{one.name}")
        moments = {"start": _millis(start), "until": _millis(until)}
        t_env.execute_sql(statement(_PACKAGE, "rebuilt_rows", entity=one.entity, key=one.key, **moments))
        yield features.log_insert(one, rows=f"rebuilt_{one.entity}_feature_rows")


def _millis(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
