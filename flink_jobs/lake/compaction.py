"""Merges the small Parquet files of the lake: each checkpoint leaves one for every partition that had rows."""

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import duckdb

from ingestion.errors import ShopstreamError

ORDERS = {
    "events": ("arrival", "timestamp"),
    "user_features": ("event_timestamp", "version"),
    "product_features": ("event_timestamp", "version"),
}
"""The tables of the lake, and the columns by which a merged file is sorted, so that readers can skip row groups."""

# A file that begins with a dot is read by nobody: not by Flink, not by a pattern ``part-*``.
_MERGING, _JOURNAL, _REPLACED = ".merging-", ".merged-", ".replaced-"


@dataclass(frozen=True, slots=True)
class Merge:
    """Files of one partition that can become one."""

    folder: Path
    files: tuple[Path, ...]
    bytes: int


def merges(table: Path, target_bytes: int, min_age_seconds: float) -> Iterator[Merge]:
    """Yield what can be merged in a table's folder: two or more files, together at most about ``target_bytes``.

    Files younger than ``min_age_seconds`` are left for the next time: more are about to come beside them.
    """
    newest = time.time() - min_age_seconds
    for folder in sorted({file.parent for file in table.glob("**/part-*")}):
        group: list[Path] = []
        size = 0
        for file in sorted(folder.glob("part-*"), key=lambda one: one.stat().st_mtime):
            stat = file.stat()
            if stat.st_mtime > newest or stat.st_size >= target_bytes / 2:
                continue
            if group and size + stat.st_size > target_bytes:
                yield from _merge(folder, group, size)
                group, size = [], 0
            group.append(file)
            size += stat.st_size
        yield from _merge(folder, group, size)


def _merge(folder: Path, files: Sequence[Path], size: int) -> Iterator[Merge]:
    if len(files) > 1:
        yield Merge(folder, tuple(files), size)


def merge(files: Merge, order: Sequence[str]) -> int:
    """Put one file in place of several, with the same rows; return its bytes.

    A reader that begins while names change, which takes a few renames, sees some rows not at all, and none twice.
    What a crash leaves, ``mend`` finishes. Raises ShopstreamError when the merged file has not all rows.
    """
    name = uuid4().hex[:16]
    merged = files.folder / f"{_MERGING}{name}"
    paths = [str(file) for file in files.files]
    with duckdb.connect() as db:
        db.execute("SET TimeZone = 'UTC'")
        rows = db.read_parquet(paths, hive_partitioning=False, union_by_name=True)
        by = ", ".join(f'"{column}"' for column in order if column in rows.columns)
        rows.create_view("rows")
        target = str(merged).replace("'", "''")
        copy = f"COPY (FROM rows ORDER BY {by or 'ALL'}) TO '{target}' (FORMAT parquet, COMPRESSION snappy)"
        (written,) = db.execute(copy).fetchall()[0]
        (wanted,) = db.execute("SELECT sum(num_rows) FROM parquet_file_metadata($paths)", {"paths": paths}).fetchall()[
            0
        ]
    if written != wanted:
        merged.unlink()
        raise ShopstreamError(f"{files.folder}: {wanted} rows became {written}; nothing was replaced.")
    journal = files.folder / f"{_JOURNAL}{name}"
    journal.with_name(f"{journal.name}.part").write_text(json.dumps([file.name for file in files.files]))
    journal.with_name(f"{journal.name}.part").rename(journal)
    _finish(journal)
    return (files.folder / f"part-merged-{name}").stat().st_size


def mend(table: Path) -> None:
    """Finish, or take back, the merges that a crash broke off."""
    for journal in sorted(table.glob(f"**/{_JOURNAL}*")):
        if journal.suffix == ".part":
            journal.unlink()
        else:
            _finish(journal)
    for merging in table.glob(f"**/{_MERGING}*"):
        merging.unlink()


def _finish(journal: Path) -> None:
    """Do what of a merge is not done yet."""
    folder, name = journal.parent, journal.name.removeprefix(_JOURNAL)
    merging, merged = folder / f"{_MERGING}{name}", folder / f"part-merged-{name}"
    files = [folder / old for old in json.loads(journal.read_text())]
    if merging.exists():
        for file in files:
            if file.exists():
                file.rename(folder / f"{_REPLACED}{file.name}")
        merging.rename(merged)
    for file in files:
        (folder / f"{_REPLACED}{file.name}").unlink(missing_ok=True)
    journal.unlink()
