"""Tables the jobs write to: Kafka topics, the lake and the online store."""

from collections.abc import Iterable

from pyflink.table import StreamTableEnvironment

from flink_jobs.features.columns import value_columns
from flink_jobs.features.online_writer import write_online
from flink_jobs.features.schema import FeatureSet
from flink_jobs.metrics.window_metric import WindowMetric
from flink_jobs.settings import JobSettings
from flink_jobs.statement import statement
from ingestion.topics import DEAD_LETTER_EVENTS


def create_metric_topics(t_env: StreamTableEnvironment, settings: JobSettings, metrics: Iterable[WindowMetric]) -> None:
    """Create the keyed topics of the window metrics; a replay after a crash ends in the same rows."""
    for metric in metrics:
        t_env.execute_sql(
            statement(
                "flink_jobs.metrics",
                f"{metric.name}_topic",
                topic=metric.name,
                bootstrap=settings.kafka_bootstrap,
            )
        )


def create_lake(t_env: StreamTableEnvironment, settings: JobSettings) -> None:
    """Create the Parquet table of events and the exactly-once topic of dead letters."""
    t_env.execute_sql(statement("flink_jobs.lake", "lake_events", path=settings.events_path))
    t_env.execute_sql(
        statement(
            "flink_jobs.lake",
            "dead_letter_topic",
            topic=DEAD_LETTER_EVENTS.name,
            bootstrap=settings.kafka_bootstrap,
            group=settings.consumer_group,
        )
    )


def create_features(t_env: StreamTableEnvironment, settings: JobSettings, sets: Iterable[FeatureSet]) -> None:
    """Create the topics of the features, their logs in the lake, and what writes the online store.

    ``online_..._feature_rows`` must be there.
    """
    for features in sets:
        create_feature_log(t_env, features, settings.features_path(features.name))
        topic = {"topic": features.name, "bootstrap": settings.kafka_bootstrap}
        t_env.execute_sql(statement("flink_jobs.features", "feature_topic", **topic, **_columns(features)))
        write_online(t_env, features, settings.redis, settings.feature_flush_ms)
        t_env.execute_sql(
            f"CREATE TEMPORARY TABLE online_{features.name} (written BIGINT) WITH ('connector' = 'blackhole')"
        )


def create_feature_log(t_env: StreamTableEnvironment, features: FeatureSet, path: str) -> None:
    """Create the table of a feature log in the folder or URI ``path``."""
    t_env.execute_sql(statement("flink_jobs.features", "lake_features", path=path, **_columns(features)))


def _columns(features: FeatureSet) -> dict[str, str]:
    return {"entity": features.entity, "key": features.key, "features": value_columns(features)}
