"""What a simulation sent, line by line, judged by its ground truth alone: the tables ``arrivals`` and ``clean``."""

from collections import Counter
from hashlib import sha256
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pandas as pd

from ingestion.simulator.ground_truth import GroundTruth

CUT = 256 * 1024
"""A dead letter holds this many bytes of a record that is larger."""

_BATCH = 100_000


class Arrivals:
    """The lines of an output file. Attribute ``db`` holds the tables:

    ``arrivals`` (line, event_id, is_late, is_duplicate, every column below), one row a record that is an event;
    ``clean``, those that count: neither late nor duplicate. Times are UTC without a zone, microseconds.
    """

    def __init__(self, output: Path, truth: Path) -> None:
        known = GroundTruth.read(truth, frozenset({"poison", "too_late", "duplicate"}))
        self.header = known.header
        codes = {line["line"]: line["error_code"] for line in known.of("poison")}
        late = {line["line"] for line in known.of("too_late")}
        duplicates = {line["line"] for line in known.of("duplicate")}
        self.dead_letters: Counter[tuple[str, str]] = Counter()
        self.db = duckdb.connect()
        batch: list[tuple[Any, ...]] = []
        self.records = 0
        with output.open("rb") as lines:
            for number, raw in enumerate(lines, start=1):
                self.records = number
                value = raw.removesuffix(b"\n")
                if number in codes:
                    self.dead_letters[codes[number], sha256(value[:CUT]).hexdigest()] += 1
                    continue
                batch.append(_row(number, orjson.loads(value), number in late, number in duplicates))
                if len(batch) == _BATCH:
                    self._add(batch)
        self._add(batch)
        self.db.execute("CREATE VIEW clean AS SELECT * FROM arrivals WHERE NOT is_late AND NOT is_duplicate")

    def _add(self, batch: list[tuple[Any, ...]]) -> None:
        frame = pd.DataFrame(batch, columns=_COLUMNS)
        self.db.register("batch", frame)
        query = "SELECT * REPLACE (ts::TIMESTAMPTZ AT TIME ZONE 'UTC' AS ts) FROM batch"
        exists = self.db.execute("SELECT count(*) FROM duckdb_tables() WHERE table_name = 'arrivals'").fetchone()
        self.db.execute("SET TimeZone = 'UTC'")
        self.db.execute(("INSERT INTO arrivals " if exists and exists[0] else "CREATE TABLE arrivals AS ") + query)
        batch.clear()


_COLUMNS = (
    "line",
    "event_id",
    "event_type",
    "ts",
    "user_id",
    "session_id",
    "page",
    "total",
    "currency",
    "product_id",
    "price",
    "quantity",
    "items",
    "device",
    "country",
    "referrer",
    "category",
    "is_late",
    "is_duplicate",
)


def _row(line: int, event: dict[str, Any], late: bool, duplicate: bool) -> tuple[Any, ...]:
    properties, context = event.get("properties") or {}, event.get("context") or {}
    items = properties.get("items")
    return (
        line,
        event["event_id"],
        event["event_type"],
        event["timestamp"],
        event.get("user_id") or context.get("anonymous_id"),
        event.get("session_id"),
        properties.get("page"),
        float(properties["total"]) if "total" in properties else None,
        properties.get("currency"),
        properties.get("product_id"),
        float(properties["price"]) if "price" in properties else None,
        float(properties["quantity"]) if "quantity" in properties else None,
        None if items is None else orjson.dumps(items).decode(),
        context.get("device"),
        context.get("country"),
        properties.get("referrer"),
        properties.get("category"),
        late,
        duplicate,
    )
