"""Features of users and products: rolling over the events, to the online store, their topics and their logs."""

from collections.abc import Sequence

from pyflink.table import StreamTableEnvironment

from flink_jobs.features.columns import feature_names, value_names
from flink_jobs.features.schema import FEATURE_SETS, FeatureSet
from flink_jobs.shared_view import UNHURRIED_MS, share
from flink_jobs.statement import statement

_PACKAGE = "flink_jobs.features"


def create_views(t_env: StreamTableEnvironment, sets: Sequence[FeatureSet] = FEATURE_SETS) -> None:
    """Create ``user_feature_rows`` and ``product_feature_rows`` over ``counted_events``."""
    for features in sets:
        t_env.execute_sql(statement(_PACKAGE, f"{features.entity}_events"))
        share(t_env, f"{features.entity}_events", "rowtime")
        rows = f"{features.entity}_feature_rows"
        t_env.execute_sql(statement(_PACKAGE, rows))
        share(t_env, rows)


def create_written_views(t_env: StreamTableEnvironment, sets: Sequence[FeatureSet] = FEATURE_SETS) -> None:
    """Create ``online_...`` and ``stored_...`` of each of the feature rows; files and topics hold nothing else up."""
    for features in sets:
        names = {"entity": features.entity, "key": features.key, "features": feature_names(features)}
        for what in ("online", "stored"):
            t_env.execute_sql(statement(_PACKAGE, f"{what}_feature_rows", **names))
        share(t_env, f"stored_{features.entity}_feature_rows", apart=True, wait_ms=UNHURRIED_MS)


def inserts(sets: Sequence[FeatureSet] = FEATURE_SETS) -> list[str]:
    """Return the statements that write the rows to the online store and to their topics."""
    return [
        statement(_PACKAGE, name, entity=features.entity, key=features.key, features=value_names(features))
        for features in sets
        for name in ("online", "topic")
    ]


def log_insert(features: FeatureSet, rows: str) -> str:
    """Return the statement that writes the view ``rows`` to the features' log in the lake."""
    names = {"entity": features.entity, "key": features.key, "features": value_names(features)}
    return statement(_PACKAGE, "log", rows=rows, **names)


def log_inserts(sets: Sequence[FeatureSet] = FEATURE_SETS) -> list[str]:
    """Return the statements that write the rows to their logs in the lake."""
    return [log_insert(features, f"stored_{features.entity}_feature_rows") for features in sets]
