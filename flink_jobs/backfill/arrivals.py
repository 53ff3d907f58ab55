"""The events of the lake in the order in which the stream took them."""

from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from pathlib import Path

from flink_jobs.lake import event_lake
from ingestion.errors import ShopstreamError


@dataclass(frozen=True, slots=True)
class Span:
    """The times of the first and the last event of the lake that count; UTC."""

    first: datetime
    last: datetime


def span(events_path: str) -> Span:
    """Return what the lake holds; raises ShopstreamError when that is nothing, or from before arrivals were noted."""
    with event_lake.reading(events_path) as lake:
        first, last = lake.execute(_statement("span"), {"files": event_lake.files(events_path)}).fetchall()[0]
    if first is None:
        raise ShopstreamError(f"The event lake {events_path} holds no events yet: let the job write them.")
    return Span(first, last)


def write(events_path: str, until: datetime, folder: Path) -> int:
    """Write into the new ``folder`` one Parquet file of all events that arrived before the last of before ``until``.

    Returns how many. Late and repeated ones are left out. Raises ShopstreamError as ``span``.
    """
    folder.mkdir(parents=True)
    with event_lake.reading(events_path) as lake:
        lake.execute(f"SET temp_directory = '{folder.parent / 'spill'}'")
        lake.execute(
            f"CREATE TABLE arrivals AS {_statement('arrivals')}",
            {"files": event_lake.files(events_path), "until": until},
        )
        target = str(folder / "arrivals.parquet").replace("'", "''")
        copy = f"COPY (SELECT * EXCLUDE arrival FROM arrivals ORDER BY arrival) TO '{target}' (FORMAT parquet)"  # noqa: S608 (our own path)
        (count,) = lake.execute(copy).fetchall()[0]
    return int(count)


def _statement(name: str) -> str:
    return resources.files("flink_jobs.backfill").joinpath(f"{name}.sql").read_text(encoding="utf-8")
