"""Anomalies: alerts on windows of events that pass a threshold or are unusual, by rules that may change meanwhile.

Operators in order: ``event_windows`` and ``alert_rules`` -> detect_anomalies (one task, which holds all rules and all
event types) -> ``anomalies``.
"""

from pyflink.table import StreamTableEnvironment

from flink_jobs.settings import JobSettings
from flink_jobs.shared_view import share
from flink_jobs.statement import statement
from ingestion.topics import ALERT_RULES, ANOMALIES

_IDLE = "2 s"
"""How long the job waits at its start for rules before it judges without them."""


def create_views(t_env: StreamTableEnvironment, settings: JobSettings) -> None:
    """Create ``alerts`` over ``event_windows`` and ``alert_rules``; the settings give the rules' defaults."""
    for view in ("anomaly_windows", "anomaly_rules"):
        t_env.execute_sql(statement("flink_jobs.anomalies", view))
    alerts = statement(
        "flink_jobs.anomalies",
        "alerts",
        count_limit=settings.anomaly_count_limit,
        intensity_limit=settings.anomaly_intensity_limit,
        score=settings.anomaly_score,
        min_history=settings.anomaly_min_history,
    )
    t_env.create_temporary_view("alerts", t_env.sql_query(alerts))
    share(t_env, "alerts")


def create_topics(t_env: StreamTableEnvironment, settings: JobSettings, bounded: bool = False) -> None:
    """Create the Kafka tables ``alert_rules``, which is read, and ``anomalies``, which is written.

    ``bounded``: only the rules that are there now are read.
    """
    for topic in (ALERT_RULES, ANOMALIES):
        t_env.execute_sql(
            statement(
                "flink_jobs.anomalies",
                f"{topic.name}_topic",
                topic=topic.name,
                bootstrap=settings.kafka_bootstrap,
                group=settings.consumer_group,
                idle=_IDLE,
                end="latest-offset" if bounded else "unbounded",
            )
        )


def inserts() -> list[str]:
    """Return the statement that writes ``alerts`` to ``anomalies``."""
    return [statement("flink_jobs.anomalies", "anomalies")]
