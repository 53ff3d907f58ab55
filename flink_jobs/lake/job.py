"""The data lake: events, the user-feature log and the dead letters, each exactly once."""

from flink_jobs.sinks import FEATURE_NAMES
from flink_jobs.statement import statement


def event_inserts() -> list[str]:
    """Return the statements that keep every record: valid in ``lake_events``, others in ``dead_letter_events``."""
    return [statement("flink_jobs.lake", name) for name in ("events", "dead_letters")]


def feature_inserts() -> list[str]:
    """Return the statement that writes ``user_feature_rows`` to ``lake_user_features``."""
    return [statement("flink_jobs.lake", "user_features", features=FEATURE_NAMES)]
