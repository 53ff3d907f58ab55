"""What the running Flink jobs have counted, as `shopstream status` shows it."""

from collections.abc import Iterable

from rich.table import Table

from deploy.stack.flink import JobManager
from deploy.stack.kafka import Kafka
from deploy.stack.settings import StackSettings
from deploy.stack.status import PartStatus, State
from deploy.stack.table import duration
from flink_jobs.stream_counts import StreamCounts, stream_counts
from ingestion.cli import quieten_kafka


def stream_of(settings: StackSettings, parts: Iterable[PartStatus]) -> list[StreamCounts]:
    """Return the counts of each running job; none when Flink does not run, none unread when Kafka does not.

    Raises ShopstreamError when one of them stops to answer meanwhile.
    """
    healthy = {part.name for part in parts if part.state is State.HEALTHY}
    if JobManager.name not in healthy:
        return []
    quieten_kafka()
    kafka = settings.kafka_bootstrap if Kafka.name in healthy else None
    return stream_counts(settings.flink_rest, kafka)


def stream_table(counts: StreamCounts) -> Table:
    """Return one row a count; topics and codes without one are left out."""
    since = counts.counted_since.strftime("%Y-%m-%d %H:%M:%S")
    table = Table(f"stream: {counts.name}, job {counts.job[:8]}", f"since its tasks started, {since} UTC")
    table.columns[1].justify = "right"
    table.add_row("records read", f"{counts.read:,}")
    table.add_row("events counted", f"{counts.counted:,}")
    table.add_row("late events", f"{counts.late:,}")
    table.add_row("duplicate events", f"{counts.duplicates:,}")
    _add(table, "dead letters", counts.dead_letters)
    table.add_section()
    if counts.unread is None:
        table.add_row("not read yet", "unknown: Kafka is away")
    else:
        _add(table, "not read yet", counts.unread)
    age = counts.checkpoint_age_seconds
    table.add_row("last checkpoint", "none yet" if age is None else f"{duration(age)} ago")
    if counts.failed_checkpoints:
        table.add_row("checkpoints failed", f"{counts.failed_checkpoints:,}", style="yellow")
    return table


def _add(table: Table, name: str, counts: dict[str, int]) -> None:
    table.add_row(name, f"{sum(counts.values()):,}")
    for part, count in counts.items():
        if count:
            table.add_row(f"  {part}", f"{count:,}")
