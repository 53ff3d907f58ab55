"""The formats that are compared, each as a table over the same Kafka topic and a job that reads it to its end."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from flink_jobs.sources import TEXTS, text_columns
from flink_jobs.statement import statement
from ingestion.rules import format_option

VERDICT = ("error_code", "error_message", "raw", "properties", "context")
"""Columns that Flink's `json` cannot give: the verdict, the record's bytes, and objects whole beside their parts."""

_KEY = "key"
_SETTINGS = dict.fromkeys(("topics", "bootstrap", "group", "rules", "silence"), "")
"""The one column that is of the record's key."""

_METADATA = {
    "topic": "STRING NOT NULL METADATA VIRTUAL",
    "partition": "INT NOT NULL METADATA VIRTUAL",
    "offset": "BIGINT NOT NULL METADATA VIRTUAL",
    "kafka_time": "TIMESTAMP_LTZ(3) NOT NULL METADATA FROM 'timestamp' VIRTUAL",
}


class Column(NamedTuple):
    """One column of ``records``: the path of a value in the event, and its SQL type."""

    path: str
    type: str


class Job(NamedTuple):
    """A table ``source`` and a table ``sink`` that takes what the source gives and keeps nothing."""

    source: str
    sink: str
    insert: str


def event_columns() -> list[Column]:
    """Return the columns that the product's own source reads from an event, in their order."""
    text = statement("flink_jobs.events", "records", **_SETTINGS, texts=text_columns(TEXTS))
    body = text[text.index("CREATE TEMPORARY TABLE records (") :].partition("METADATA")[0]
    found = re.findall(r"^    `([a-z_.]+)` ([A-Z_]+(?:\(\d\))?),$", body, re.MULTILINE)
    return [Column(path, kind) for path, kind in found if path != _KEY]


def ours(columns: Iterable[Column], kafka: str) -> Job:
    """Return the job that reads the columns with `shop-event`."""
    chosen = list(columns)
    declared = [f"`{column.path}` {column.type}" for column in chosen]
    options = f"'format' = 'shop-event', 'shop-event.rules' = '{format_option()}'"
    return _job(declared, [(f"`{column.path}`", column.type) for column in chosen], kafka, options)


def flink_json(columns: Iterable[Column], kafka: str, timestamp: str = "TIMESTAMP_LTZ(6)") -> Job:
    """Return the job that reads the columns with Flink's `json`: a path of two keys is a field of a ROW.

    ``timestamp`` is the type that the event's time gets; Flink's format needs a literal Z to read it as a time.
    """
    rows: dict[str, list[str]] = {}
    declared, selected = [], []
    for path, kind in columns:
        outer, _, inner = path.partition(".")
        kind = timestamp if path == "timestamp" else kind
        selected.append((f"`{outer}`.`{inner}`" if inner else f"`{outer}`", kind))
        if inner:
            rows.setdefault(outer, []).append(f"`{inner}` {kind}")
        else:
            declared.append(f"`{outer}` {kind}")
    declared += [f"`{outer}` ROW<{', '.join(fields)}>" for outer, fields in rows.items()]
    return _job(declared, selected, kafka, "'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601'")


def raw(kafka: str) -> Job:
    """Return the job that reads each record's bytes as they are."""
    return _job(["`raw` BYTES"], [("`raw`", "BYTES")], kafka, "'format' = 'raw'")


def _job(declared: list[str], selected: list[tuple[str, str]], kafka: str, options: str) -> Job:
    declared = [*declared, *(f"`{name}` {kind}" for name, kind in _METADATA.items())]
    given = [*selected, *((f"`{name}`", kind.partition(" ")[0]) for name, kind in _METADATA.items())]
    names = ", ".join(name for name, _ in given)
    types = ", ".join(f"c{place} {kind}" for place, (_, kind) in enumerate(given))
    return Job(
        f"CREATE TEMPORARY TABLE source ({', '.join(declared)}) WITH ({kafka}, {options})",
        f"CREATE TEMPORARY TABLE sink ({types}) WITH ('connector' = 'blackhole')",
        f"INSERT INTO sink SELECT {names} FROM source",  # noqa: S608 (our own columns)
    )


def bounded_topic(bootstrap: str, topic: str) -> str:
    """Return the options of a Kafka table that ends with the events the topic holds when the job starts."""
    return (
        f"'connector' = 'kafka', 'topic' = '{topic}', 'properties.bootstrap.servers' = '{bootstrap}',"
        " 'scan.startup.mode' = 'earliest-offset', 'scan.bounded.mode' = 'latest-offset'"
    )
