"""A table of the lake as a Delta table: its log beside the files, brought up to date with what lies there.

The files stay as Flink and the compaction leave them; ``_delta_log`` only lists them, so no byte is there twice. Every
update is one Delta transaction: a reader has all of it or none. The protocol: https://github.com/delta-io/delta.
"""

import json
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.parquet as pq

from ingestion.errors import ShopstreamError

_NO_VALUE = "__HIVE_DEFAULT_PARTITION__"


@dataclass(frozen=True, slots=True)
class Update:
    """What one update has changed, and the version that the table has now."""

    added: int
    removed: int
    version: int


def is_delta(table: Path) -> bool:
    """Tell whether the table has a Delta log."""
    return (table / "_delta_log").is_dir()


def update(table: Path) -> Update:
    """List the files of a table's folder in its Delta log, and no others; the first time make the log.

    Nothing is written where nothing has changed. A call that was broken off has changed nothing. Raises ShopstreamError
    without the package ``deltalake``, or without files. While files are merged it must not be called.
    """
    try:
        from deltalake import DeltaTable, Field, Schema
        from deltalake.transaction import AddAction, RemoveAction, create_table_with_add_actions
    except ImportError as error:
        raise ShopstreamError("Delta tables need the package deltalake: pip install 'shopstream[delta]'.") from error
    there = {str(file.relative_to(table)): file for file in sorted(table.glob("**/part-*"))}
    if not there:
        raise ShopstreamError(f"{table} has no files yet: let the job write them.")
    known = DeltaTable(table) if is_delta(table) else None
    # The log has paths as URLs; the library takes them as they are.
    actions = None if known is None else pa.table(known.get_add_actions())
    listed = set() if actions is None else {unquote(path) for path in actions["path"].to_pylist()}
    new = {path: file for path, file in there.items() if path not in listed}
    gone = sorted(listed - there.keys())
    if known is not None and not new and not gone:
        return Update(0, 0, known.version())
    adds = [
        AddAction(
            path=path,
            size=file.stat().st_size,
            partition_values=_partition(path),
            modification_time=round(file.stat().st_mtime * 1000),
            data_change=True,
            stats=json.dumps({"numRecords": pq.read_metadata(file).num_rows}),
        )
        for path, file in new.items()
    ]
    columns = list(_partition(next(iter(there))))
    schema = Schema.from_arrow(_schema(list(new.values() or there.values())[-1], columns))
    if known is None:
        create_table_with_add_actions(str(table), schema, adds, "error", columns)
        return Update(len(adds), 0, 0)
    have = {field.name for field in known.schema().fields}
    if more := [Field(field.name, field.type, nullable=True) for field in schema.fields if field.name not in have]:
        known.alter.add_columns(more)
    now = round(time.time() * 1000)
    removes = [RemoveAction(path=path, data_change=True, deletion_timestamp=now) for path in gone]
    known.create_write_transaction([*adds, *removes], "append", known.schema(), columns)
    known.update_incremental()
    return Update(len(adds), len(removes), known.version())


def _partition(path: str) -> dict[str, str | None]:
    """Return the values that the folders of a file name."""
    pairs = (folder.partition("=") for folder in path.split("/")[:-1])
    return {name: None if value == _NO_VALUE else unquote(value) for name, _, value in pairs}


def _schema(file: Path, partitions: list[str]) -> pa.Schema:
    """Return the columns of a file as Delta has them: times are UTC, in microseconds, and partitions texts."""
    fields = [
        pa.field(field.name, pa.timestamp("us", "UTC") if pa.types.is_timestamp(field.type) else field.type)
        for field in pq.read_schema(file)
        if field.name not in partitions
    ]
    return pa.schema([*fields, *(pa.field(name, pa.string()) for name in partitions)])
