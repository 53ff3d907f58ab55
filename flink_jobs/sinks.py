"""Tables the jobs write to: Kafka topics, the lake and the online store."""

from pyflink.table import StreamTableEnvironment

from flink_jobs.features.columns import value_columns
from flink_jobs.features.schema import FEATURE_SETS
from flink_jobs.features.write_online import write_online
from flink_jobs.settings import JobSettings
from flink_jobs.statement import statement
from ingestion.topics import DEAD_LETTER_EVENTS, FUNNEL_STAGES, PAGE_VIEWS, REVENUE, USER_ACTIVITY


def create_metric_topics(t_env: StreamTableEnvironment, settings: JobSettings) -> None:
    """Create the keyed topics of the window metrics; a replay after a crash ends in the same rows."""
    for topic in (PAGE_VIEWS, REVENUE, USER_ACTIVITY, FUNNEL_STAGES):
        t_env.execute_sql(
            statement(
                "flink_jobs.metrics",
                f"{topic.name}_topic",
                topic=topic.name,
                bootstrap=settings.kafka_bootstrap,
            )
        )


def create_lake(t_env: StreamTableEnvironment, settings: JobSettings) -> None:
    """Create the Parquet tables of events and features, and the exactly-once topic of dead letters."""
    t_env.execute_sql(statement("flink_jobs.lake", "lake_events", path=settings.events_path))
    for features in FEATURE_SETS:
        t_env.execute_sql(
            statement(
                "flink_jobs.features",
                "lake_features",
                entity=features.entity,
                key=features.key,
                path=settings.features_path(features.name),
                features=value_columns(features),
            )
        )
    t_env.execute_sql(
        statement(
            "flink_jobs.lake",
            "dead_letter_topic",
            topic=DEAD_LETTER_EVENTS.name,
            bootstrap=settings.kafka_bootstrap,
            group=settings.consumer_group,
        )
    )


def create_online_store(t_env: StreamTableEnvironment, settings: JobSettings) -> None:
    """Create the topics of the features, and the functions that write them to the online store."""
    for features in FEATURE_SETS:
        t_env.execute_sql(
            statement(
                "flink_jobs.features",
                "feature_topic",
                entity=features.entity,
                key=features.key,
                topic=features.name,
                bootstrap=settings.kafka_bootstrap,
                features=value_columns(features),
            )
        )
        t_env.create_temporary_system_function(f"write_{features.name}", write_online(settings.redis, features))
        t_env.execute_sql(
            f"CREATE TEMPORARY TABLE online_{features.name} (written BIGINT) WITH ('connector' = 'blackhole')"
        )
