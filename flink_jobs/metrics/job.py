"""Window metrics: page views a minute, revenue every five minutes."""

from flink_jobs.statement import statement


def inserts() -> list[str]:
    """Return the statements that read ``counted_events`` and write ``page_views`` and ``revenue``."""
    return [statement("flink_jobs.metrics", name) for name in ("page_views", "revenue")]
