"""The data lake: events and dead letters, each exactly once; the feature logs are in ``features/job.py``."""

from flink_jobs.statement import statement


def inserts() -> list[str]:
    """Return the statements that keep every record: valid in ``lake_events``, others in ``dead_letter_events``."""
    return [statement("flink_jobs.lake", name) for name in ("events", "dead_letters")]
