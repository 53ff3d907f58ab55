"""Tables the jobs write to: Kafka topics, the lake and the online store."""

from pyflink.table import StreamTableEnvironment

from flink_jobs.features.schema import USER_FEATURES
from flink_jobs.features.write_online import write_online
from flink_jobs.settings import JobSettings
from flink_jobs.statement import statement
from ingestion.topics import DEAD_LETTER_EVENTS, PAGE_VIEWS, REVENUE
from ingestion.topics import USER_FEATURES as USER_FEATURES_TOPIC

_SQL_TYPES = {"int64": "BIGINT", "double": "DOUBLE", "timestamp": "TIMESTAMP_LTZ(6)"}

FEATURE_NAMES = ", ".join(feature.name for feature in USER_FEATURES)
"""The features as a select list."""

FEATURE_COLUMNS = ",\n    ".join(f"{feature.name} {_SQL_TYPES[feature.type]}" for feature in USER_FEATURES)
"""The features as column declarations."""


def create_metric_topics(t_env: StreamTableEnvironment, settings: JobSettings) -> None:
    """Create the upsert tables of the window metrics; a replay after a crash ends in the same rows."""
    for topic in (PAGE_VIEWS, REVENUE):
        t_env.execute_sql(
            statement(
                "flink_jobs.metrics",
                f"{topic.name}_topic",
                topic=topic.name,
                bootstrap=settings.kafka_bootstrap,
            )
        )


def create_lake(t_env: StreamTableEnvironment, settings: JobSettings) -> None:
    """Create the Parquet tables of events and user features, and the exactly-once topic of dead letters."""
    t_env.execute_sql(statement("flink_jobs.lake", "lake_events", path=settings.events_path))
    t_env.execute_sql(
        statement(
            "flink_jobs.lake",
            "lake_user_features",
            path=settings.user_features_path,
            features=FEATURE_COLUMNS,
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
    """Create the topic of user features, and the function that writes them to the online store."""
    t_env.execute_sql(
        statement(
            "flink_jobs.features",
            "user_features_topic",
            topic=USER_FEATURES_TOPIC.name,
            bootstrap=settings.kafka_bootstrap,
            features=FEATURE_COLUMNS,
        )
    )
    t_env.create_temporary_system_function("write_online", write_online(settings.redis))
    t_env.execute_sql("CREATE TEMPORARY TABLE online_writes (written BIGINT) WITH ('connector' = 'blackhole')")
