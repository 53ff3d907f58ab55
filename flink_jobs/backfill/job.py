"""The job once more, over past events: its own views and functions, from a file into files of its own."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from pyflink.table import StreamTableEnvironment

from flink_jobs import sinks
from flink_jobs.anomalies import job as anomalies
from flink_jobs.features import job as features
from flink_jobs.features.schema import FEATURE_SETS, FeatureSet
from flink_jobs.funnels import job as funnels
from flink_jobs.funnels.funnel import load_funnel
from flink_jobs.metrics import job as metrics
from flink_jobs.metrics.window_metric import EVENT_WINDOWS
from flink_jobs.metrics.window_metric import RESULTS as METRICS
from flink_jobs.settings import JobSettings
from flink_jobs.statement import statement

_PACKAGE = "flink_jobs.backfill"


def create_events(t_env: StreamTableEnvironment, arrivals: str) -> None:
    """Create ``counted_events`` over the folder ``arrivals`` with the one file that ``arrivals.write`` made."""
    # Every watermark counts, for the events that follow it were taken with it.
    t_env.get_config().set("pipeline.auto-watermark-interval", "0 ms")
    t_env.execute_sql(statement(_PACKAGE, "counted_events", path=arrivals))


def inserts(
    t_env: StreamTableEnvironment,
    settings: JobSettings,
    results: Iterable[str],
    into: str,
    start: datetime,
    until: datetime,
) -> Iterator[str]:
    """Create the results over ``counted_events``; yield the statements that write those of [start, until).

    Each lies in the folder ``into`` under its name: of features the log, of windows, funnels and alerts the last row
    of each that is over by ``until``.
    """
    chosen = set(results)
    moments = {"start": _millis(start), "until": _millis(until)}
    yield from _features(t_env, [one for one in FEATURE_SETS if one.name in chosen], into, moments)
    windows = [one for one in METRICS if one.name in chosen]
    metrics.create_views(t_env, settings, [*windows, EVENT_WINDOWS] if "anomalies" in chosen else windows)
    sinks.create_metric_topics(t_env, settings, windows)
    for metric in windows:
        _create_table(t_env, metric.name, into)
        yield statement(_PACKAGE, "rebuilt_windows", result=metric.name, **moments)
    if "funnel_conversions" in chosen:
        funnel = load_funnel(settings.funnel)
        funnels.create_views(t_env, funnel, settings.live_row_ms)
        funnels.create_topic(t_env, settings.kafka_bootstrap)
        _create_table(t_env, "funnel_conversions", into)
        yield statement(_PACKAGE, "rebuilt_funnel", conversion_seconds=funnel.conversion_minutes * 60, **moments)
    if "anomalies" in chosen:
        anomalies.create_topics(t_env, settings, bounded=True)
        anomalies.create_views(t_env, settings)
        _create_table(t_env, "anomalies", into)
        yield statement(_PACKAGE, "rebuilt_alerts", **moments)


def _features(
    t_env: StreamTableEnvironment, sets: list[FeatureSet], into: str, moments: dict[str, int]
) -> Iterator[str]:
    features.create_views(t_env, sets)
    for one in sets:
        sinks.create_feature_log(t_env, one, f"{into}/{one.name}")
        t_env.execute_sql(statement(_PACKAGE, "rebuilt_rows", entity=one.entity, key=one.key, **moments))
        yield features.log_insert(one, rows=f"rebuilt_{one.entity}_feature_rows")


def _create_table(t_env: StreamTableEnvironment, result: str, into: str) -> None:
    t_env.execute_sql(statement(_PACKAGE, "rebuilt_table", result=result, path=f"{into}/{result}"))


def _millis(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
