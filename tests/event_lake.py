"""A small event lake, written by DuckDB as the job would have written it."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

COLUMNS = {
    "event_id": "VARCHAR",
    "timestamp": "TIMESTAMP",
    "user_id": "VARCHAR",
    "session_id": "VARCHAR",
    "device": "VARCHAR",
    "country": "VARCHAR",
    "page": "VARCHAR",
    "referrer": "VARCHAR",
    "product_id": "VARCHAR",
    "category": "VARCHAR",
    "currency": "VARCHAR",
    "total": "DOUBLE",
    "price": "DOUBLE",
    "quantity": "DOUBLE",
    "properties": "VARCHAR",
    "user_segment": "VARCHAR",
    "is_late": "BOOLEAN",
    "is_duplicate": "BOOLEAN",
    "arrival": "BIGINT",
    "stream_time": "TIMESTAMP",
    "in_backlog": "BOOLEAN",
    "kafka_time": "TIMESTAMP",
    "event_type": "VARCHAR",
}


def write_lake(folder: Path, events: Sequence[Mapping[str, Any]]) -> None:
    """Write the events in the order in which they arrived; times are of UTC, and do not say so, as in Flink's files.

    Where an event says nothing else, the stream's time before it is that of the one before, it is live, and Kafka had
    it when it happened.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    reached: datetime | None = None
    for number, event in enumerate(events):
        row = {
            "arrival": number,
            "stream_time": reached,
            "in_backlog": reached is None,
            "is_late": False,
            "is_duplicate": False,
            "kafka_time": event["timestamp"],
            **event,
        }
        rows.append([row.get(name) for name in COLUMNS])
        moment = event["timestamp"] - timedelta(milliseconds=1)
        reached = moment if reached is None else max(reached, moment)
    with duckdb.connect() as db:
        db.execute("SET TimeZone = 'UTC'")
        db.execute(f"CREATE TABLE events ({', '.join(f'{name} {kind}' for name, kind in COLUMNS.items())})")
        db.register("rows", pd.DataFrame(rows, columns=list(COLUMNS)).astype(object))
        db.execute("INSERT INTO events SELECT * FROM rows")
        db.execute(
            "COPY (SELECT *, strftime(timestamp, '%Y') AS year, strftime(timestamp, '%m') AS month,"
            f" strftime(timestamp, '%d') AS day FROM events) TO '{folder}'"
            " (FORMAT parquet, PARTITION_BY (event_type, year, month, day), FILENAME_PATTERN 'part-{i}',"
            " OVERWRITE_OR_IGNORE)"
        )


def lake_event(event: Mapping[str, Any]) -> dict[str, Any]:
    """An event as the stream's source has it (``properties.page``, a text for its time) as one of the lake."""
    plain = {name.removeprefix("properties."): value for name, value in event.items()}
    return plain | {"timestamp": datetime.fromisoformat(event["timestamp"])}
