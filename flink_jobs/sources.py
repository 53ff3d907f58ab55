"""Tables and views the jobs read: the event topics, and the views every job shares."""

from pyflink.java_gateway import get_gateway
from pyflink.table import StreamTableEnvironment

from flink_jobs.settings import JobSettings
from flink_jobs.shared_view import share
from flink_jobs.statement import statement
from ingestion.rules import format_option
from ingestion.topics import EVENT_TOPICS


def create_kafka_records(t_env: StreamTableEnvironment, settings: JobSettings) -> None:
    """Create the table ``records``: all event topics as one source, read and parsed once."""
    t_env.execute_sql(
        statement(
            "flink_jobs.events",
            "records",
            topics=";".join(topic.name for topic in EVENT_TOPICS),
            bootstrap=settings.kafka_bootstrap,
            group=settings.consumer_group,
            rules=format_option(),
            silence=f"{int(settings.silence_seconds * 1000)} ms",
        )
    )


def create_event_views(t_env: StreamTableEnvironment) -> None:
    """Create the views ``events``, ``counted_events`` and ``dead_letters`` over the table ``records``.

    From then on ``records`` and ``events`` are one stream each, however many statements and operators read them.
    """
    share(t_env, "records", "row_time")
    t_env.execute_sql(statement("flink_jobs.events", "valid_records"))
    flag_events(t_env, "valid_records", "flagged_records")
    t_env.execute_sql(statement("flink_jobs.events", "events"))
    share(t_env, "events", "row_time")
    for view in ("counted_events", "dead_letters"):
        t_env.execute_sql(statement("flink_jobs.events", view))


def flag_events(t_env: StreamTableEnvironment, view: str, flagged: str) -> None:
    """Create the view ``flagged``: ``view`` with the columns ``is_late`` and ``is_duplicate``; see EventFlags.java."""
    get_gateway().jvm.shopstream.events.EventFlags.attach(t_env._j_tenv, view, flagged)
