"""The data lake: events and dead letters, each exactly once; the feature logs are in ``features/job.py``."""

from pyflink.table import StreamTableEnvironment

from flink_jobs.shared_view import UNHURRIED_MS, share
from flink_jobs.statement import statement


def create_views(t_env: StreamTableEnvironment) -> None:
    """Create ``stored_events`` over ``events``; it has tasks of its own."""
    t_env.execute_sql(statement("flink_jobs.lake", "stored_events"))
    share(t_env, "stored_events", apart=True, wait_ms=UNHURRIED_MS)


def inserts() -> list[str]:
    """Return the statements that keep every record: valid in ``lake_events``, others in ``dead_letter_events``."""
    return [statement("flink_jobs.lake", name) for name in ("events", "dead_letters")]
