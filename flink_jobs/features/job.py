"""User features: rolling over the events, to the online store and the feature topic."""

from pyflink.table import StreamTableEnvironment

from flink_jobs.sinks import FEATURE_NAMES
from flink_jobs.statement import statement


def create_views(t_env: StreamTableEnvironment) -> None:
    """Create ``user_feature_rows`` over ``counted_events``."""
    for view in ("user_events", "user_feature_rows"):
        t_env.execute_sql(statement("flink_jobs.features", view))


def inserts() -> list[str]:
    """Return the statements that write ``user_feature_rows`` to the online store and to ``user_features``."""
    return [statement("flink_jobs.features", name, features=FEATURE_NAMES) for name in ("online", "topic")]
