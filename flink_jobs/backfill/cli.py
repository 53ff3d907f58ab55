"""The command ``shopstream features backfill``."""

import json
import sys
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress

from flink_jobs.backfill.backfill import backfill
from flink_jobs.features.schema import FEATURE_SETS
from flink_jobs.settings import JobSettings
from ingestion.cli import instant
from ingestion.settings import read_settings

_NAMES = [one.name for one in FEATURE_SETS]


@click.command("backfill")
@click.option(
    "--from", "start", callback=instant, metavar="TIME", help="First day; by default that of the first event."
)
@click.option(
    "--to", "until", callback=instant, metavar="TIME", help="Day after the last; by default the one under way."
)
@click.option("--features", "names", multiple=True, type=click.Choice(_NAMES), help="Only these; all by default.")
@click.option(
    "--into", type=click.Path(path_type=Path, file_okay=False), help="Write a log of its own here; the lake stays."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def main(
    start: datetime | None, until: datetime | None, names: tuple[str, ...], into: Path | None, as_json: bool
) -> None:
    """Rebuild the feature logs from the event lake with the streaming job's own code, in bounded mode.

    Each event is taken as the stream took it, late ones at their place, so the rows are those that the stream wrote,
    or would have written with the features of today. The Flink cluster does it; the job that writes the logs must be
    stopped, unless the rows go elsewhere (--into). Days are whole and of UTC; with --into any time may be named.

    \b
    Examples:
      shopstream features backfill --from 2026-11-01 --to 2026-11-08
      shopstream features backfill --into /tmp/rebuilt --features user_features
    """
    sets = [one for one in FEATURE_SETS if one.name in (names or _NAMES)]
    with Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task("looking at the lake", total=None)
        rebuilt = backfill(
            read_settings(JobSettings),
            sets,
            start,
            until,
            into,
            lambda what, done, total: progress.update(task, description=what, completed=done, total=total or None),
        )
    if as_json:
        click.echo(json.dumps(asdict(rebuilt), default=str))
        return
    what = f"{rebuilt.days_replaced} days of logs replaced" if into is None else f"logs written to {into}"
    click.echo(f"{rebuilt.events:,} events played again, {rebuilt.start:%Y-%m-%d} to {rebuilt.until:%Y-%m-%d}: {what}.")
