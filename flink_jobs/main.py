"""The Flink job: ``flink run -d -py flink_jobs/main.py [RESULT ...]``, settings from the environment.

Operators in order: Kafka source (parses) -> valid records -> flag duplicates (keyed by event) -> events -> the lake,
window metrics (keyed by window) -> anomalies; the funnel and the features of users and products (keyed by those) ->
online store, feature topics, feature logs. The rows of all windows also go to Redis. Rejected records go from the
source straight to the dead letters.
"""

import argparse
from collections.abc import Iterator

from pyflink.table import StreamTableEnvironment

from flink_jobs import sinks, sources
from flink_jobs.anomalies import job as anomalies
from flink_jobs.environment import table_environment
from flink_jobs.features import job as features
from flink_jobs.features.schema import FEATURE_SETS
from flink_jobs.funnels import job as funnels
from flink_jobs.funnels.funnel import load_funnel
from flink_jobs.lake import job as lake
from flink_jobs.live import job as live
from flink_jobs.metrics import job as metrics
from flink_jobs.metrics.window_metric import EVENT_WINDOWS
from flink_jobs.metrics.window_metric import RESULTS as METRICS
from flink_jobs.results import RESULTS, Selection
from flink_jobs.settings import JobSettings


def submit(settings: JobSettings, selection: Selection | None = None) -> None:
    """Submit the selected results, all by default, as one Flink job, which reads Kafka and parses once."""
    selection = selection or Selection()
    name = selection.job_name(settings.consumer_group)
    settings = settings.model_copy(update={"consumer_group": name})
    t_env = table_environment(settings, name)
    texts = sources.texts_of(selection.results)
    sources.create_records(t_env, settings, texts)
    sources.create_event_views(t_env, texts, settings.silence_seconds, sources.columns_of(selection.results))
    statements = t_env.create_statement_set()
    for insert in _inserts(t_env, settings, selection):
        statements.add_insert_sql(insert)
    statements.execute()


def _inserts(t_env: StreamTableEnvironment, settings: JobSettings, selection: Selection) -> Iterator[str]:
    """Create what the selected results need over ``counted_events`` and ``events``; yield their statements."""
    if "lake" in selection:
        sinks.create_lake(t_env, settings)
        lake.create_views(t_env)
        yield from lake.inserts()
    chosen = [metric for metric in METRICS if metric.name in selection]
    windows = [*chosen, EVENT_WINDOWS] if "anomalies" in selection else chosen
    metrics.create_views(t_env, settings, windows)
    sinks.create_metric_topics(t_env, settings, chosen)
    yield from metrics.inserts(chosen)
    if "funnel_conversions" in selection:
        funnel = load_funnel(settings.funnel)
        funnels.create_views(t_env, funnel, settings.live_row_ms)
        funnels.create_topic(t_env, settings.kafka_bootstrap)
        yield from funnels.inserts()
    if "anomalies" in selection:
        anomalies.create_topics(t_env, settings)
        anomalies.create_views(t_env, settings)
        yield from anomalies.inserts()
    sets = [one for one in FEATURE_SETS if one.name in selection]
    features.create_views(t_env, sets)
    features.create_written_views(t_env, sets)
    sinks.create_features(t_env, settings, sets)
    yield from features.inserts(sets)
    yield from features.log_inserts(sets)
    yield from live.inserts(t_env, settings, selection.results)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Submit results as one Flink job; for `flink run -py`.")
    # Not as an option: `flink run` takes --job for a short form of its own --jobmanager.
    names = f"Only these; all by default. Choose from {', '.join(RESULTS)}."
    parser.add_argument("results", nargs="*", metavar="RESULT", help=names)
    submit(JobSettings(), Selection.of(parser.parse_args().results))
