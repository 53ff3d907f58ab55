"""The commands ``shopstream lake compact|delta|show``."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from flink_jobs.lake import compaction, delta
from flink_jobs.settings import LakeSettings
from ingestion.errors import ShopstreamError
from ingestion.settings import read_settings

_MEBIBYTE = 2**20


@click.group()
def lake() -> None:
    """The data lake: Parquet files of events and feature rows, for DuckDB, pandas, Feast and Spark.

    \b
    Examples:
      shopstream lake show
      shopstream lake compact
      shopstream lake delta
    """


@lake.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(as_json: bool) -> None:
    """Show the tables: partitions, files and their sizes."""
    root = _root()
    found: list[dict[str, str | int]] = []
    for name in compaction.ORDERS:
        sizes = [(file.parent, file.stat().st_size) for file in (root / name).glob("**/part-*")]
        partitions, total = len({folder for folder, _ in sizes}), sum(size for _, size in sizes)
        found.append({"table": name, "partitions": partitions, "files": len(sizes), "bytes": total})
    if as_json:
        click.echo(json.dumps(found))
        return
    table = Table("table", "partitions", "files", "MiB", "KiB a file")
    for one in found:
        files, size = int(one["files"]), int(one["bytes"])
        mean = f"{size / files / 1024:,.0f}" if files else ""
        table.add_row(str(one["table"]), f"{one['partitions']:,}", f"{files:,}", f"{size / _MEBIBYTE:,.1f}", mean)
    Console().print(table)


@lake.command()
@click.option(
    "--table", "tables", multiple=True, type=click.Choice(list(compaction.ORDERS)), help="Only this; all by default."
)
@click.option("--target-mb", default=128, show_default=True, type=click.IntRange(min=1), help="Largest merged file.")
@click.option(
    "--min-age",
    default=600.0,
    show_default=True,
    type=click.FloatRange(min=0),
    help="Leave files that are younger, in seconds.",
)
@click.option("--dry-run", is_flag=True, help="Only say what would be merged.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def compact(tables: tuple[str, ...], target_mb: int, min_age: float, dry_run: bool, as_json: bool) -> None:
    """Merge small files; the job may go on writing, and no row is lost or there twice at any moment.

    Each checkpoint writes a file for every partition that had events: run this every hour or night. A query that
    starts in the moment of a swap may miss a file: then run it again. After a crash, run this again.

    \b
    Examples:
      shopstream lake compact --dry-run
      shopstream lake compact --table events --target-mb 256
    """
    root = _root()
    with (
        _alone(root),
        Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as progress,
    ):
        chosen = []
        for name in tables or compaction.ORDERS:
            if not dry_run:
                compaction.mend(root / name)
            chosen += [(name, one) for one in compaction.merges(root / name, target_mb * _MEBIBYTE, min_age)]
        task = progress.add_task("merging", total=sum(one.bytes for _, one in chosen))
        after = 0
        for name, one in chosen if not dry_run else ():
            after += compaction.merge(one, compaction.ORDERS[name])
            progress.advance(task, one.bytes)
        for name in {name for name, _ in chosen} if not dry_run else ():
            if delta.is_delta(root / name):
                delta.update(root / name)
    files, before = sum(len(one.files) for _, one in chosen), sum(one.bytes for _, one in chosen)
    if as_json:
        report = {"files": files, "merged_files": len(chosen), "bytes": before, "dry_run": dry_run}
        click.echo(json.dumps(report if dry_run else {**report, "merged_bytes": after}))
    elif dry_run:
        click.echo(f"{files:,} files of {before / _MEBIBYTE:,.1f} MiB would become {len(chosen):,}.")
    else:
        sizes = f"{before / _MEBIBYTE:,.1f} MiB became {after / _MEBIBYTE:,.1f}"
        click.echo(f"{files:,} files became {len(chosen):,}; {sizes}.")


@lake.command("delta")
@click.option("--table", "tables", multiple=True, type=click.Choice(list(compaction.ORDERS)), help="Only this.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def update_delta(tables: tuple[str, ...], as_json: bool) -> None:
    """Make the tables Delta tables too, or bring those up to date: a log that lists the files, beside them.

    Run it as often as Delta's readers should see new rows. A compaction keeps the logs of tables that have one.

    \b
    Examples:
      shopstream lake delta
      shopstream lake delta --table events
    """
    root = _root()
    with _alone(root), Console(stderr=True).status("listing the files ..."):
        chosen = tables or [name for name in compaction.ORDERS if any((root / name).glob("**/part-*"))]
        if not chosen:
            raise ShopstreamError(f"The lake {root} has no files yet: let the job write them.")
        found = [{"table": name, **asdict(delta.update(root / name))} for name in chosen]
    if as_json:
        click.echo(json.dumps(found))
        return
    table = Table("table", "files added", "removed", "version")
    for one in found:
        table.add_row(str(one["table"]), f"{one['added']:,}", f"{one['removed']:,}", f"{one['version']:,}")
    Console().print(table)


def _root() -> Path:
    root = read_settings(LakeSettings).lake_root.removeprefix("file://")
    if "://" in root:
        raise ShopstreamError(f"{root} is an object store: these commands work on a lake in a folder.")
    if not Path(root).is_dir():
        raise ShopstreamError(f"There is no lake at {root}: let the job write it, or set SHOPSTREAM_STATE.")
    return Path(root)


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    with (root / ".compaction.lock").open("w") as lock:
        try:
            flock(lock, LOCK_EX | LOCK_NB)
        except BlockingIOError as error:
            raise ShopstreamError("Another compaction is under way: wait until it is done.") from error
        yield
