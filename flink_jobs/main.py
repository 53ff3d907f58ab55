"""The Flink job: ``flink run -d -py flink_jobs/main.py``, settings from the environment (SHOPSTREAM_...).

Operators in order: Kafka source (parses) -> valid records -> flag duplicates (keyed by event) -> events -> the lake,
window metrics (keyed by window) and user features (keyed by user) -> online store, feature topic, feature log;
rejected records go from the source straight to the dead letters.
"""

from flink_jobs import sinks, sources
from flink_jobs.environment import table_environment
from flink_jobs.features import job as features
from flink_jobs.funnels import job as funnels
from flink_jobs.funnels.funnel import load_funnel
from flink_jobs.lake import job as lake
from flink_jobs.metrics import job as metrics
from flink_jobs.metrics.window_metric import RESULTS
from flink_jobs.settings import JobSettings

NAME = "shopstream"


def submit(settings: JobSettings) -> None:
    """Submit every result as one Flink job, which reads Kafka and parses once."""
    t_env = table_environment(settings, NAME)
    sources.create_kafka_records(t_env, settings)
    sources.create_event_views(t_env)
    features.create_views(t_env)
    metrics.create_views(t_env, settings, RESULTS)
    funnel = load_funnel(settings.funnel)
    funnels.create_views(t_env, funnel, settings.mini_batch_ms)
    sinks.create_metric_topics(t_env, settings)
    funnels.create_topic(t_env, settings.kafka_bootstrap)
    sinks.create_lake(t_env, settings)
    sinks.create_online_store(t_env, settings)
    statements = t_env.create_statement_set()
    inserts = (
        *lake.event_inserts(),
        *metrics.inserts(),
        *funnels.inserts(funnel),
        *features.inserts(),
        *features.log_inserts(),
    )
    for insert in inserts:
        statements.add_insert_sql(insert)
    statements.execute()


if __name__ == "__main__":
    submit(JobSettings())
