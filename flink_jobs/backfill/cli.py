"""The commands ``shopstream features backfill`` and ``shopstream jobs backfill``."""

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress

from flink_jobs.backfill.backfill import backfill
from flink_jobs.features.schema import FEATURE_SETS
from flink_jobs.results import RESULTS
from flink_jobs.settings import JobSettings
from ingestion.cli import instant
from ingestion.settings import read_settings

_FEATURES = [one.name for one in FEATURE_SETS]
_RESULTS = [name for name in RESULTS if name != "lake"]


def _span(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that both commands have."""
    options = (
        click.option(
            "--from", "start", callback=instant, metavar="TIME", help="Begin; by default the first event's day."
        ),
        click.option("--to", "until", callback=instant, metavar="TIME", help="End; by default the day under way."),
        click.option("--json", "as_json", is_flag=True, help="Print JSON."),
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.command("backfill")
@_span
@click.option("--features", "names", multiple=True, type=click.Choice(_FEATURES), help="Only these; all by default.")
@click.option(
    "--into", type=click.Path(path_type=Path, file_okay=False), help="Write a log of its own here; the lake stays."
)
def features(
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
    _run([name for name in _FEATURES if name in (names or _FEATURES)], start, until, into, as_json)


@click.command("backfill")
@_span
@click.option(
    "--job", "names", multiple=True, metavar="RESULT", type=click.Choice(_RESULTS), help="Only these; all by default."
)
@click.option(
    "--into",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="A new folder, in which each result gets one of its name.",
)
def results(start: datetime | None, until: datetime | None, names: tuple[str, ...], into: Path, as_json: bool) -> None:
    """Compute results again from the event lake, with the code, funnel and rules of today, into Parquet files.

    The jobs' own code in bounded mode, each event as the stream took it. Of windows, funnels and alerts there is the
    last row of each that begins after --from and is over by --to; of features their log. Topics are left alone.

    \b
    Examples:
      shopstream jobs backfill --job revenue --into /tmp/rebuilt
      shopstream jobs backfill --job funnel_conversions --from 2026-11-01 --to 2026-11-08 --into /tmp/funnel
    """
    _run([name for name in _RESULTS if name in (names or _RESULTS)], start, until, into, as_json)


def _run(
    names: Sequence[str], start: datetime | None, until: datetime | None, into: Path | None, as_json: bool
) -> None:
    with Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task("looking at the lake", total=None)
        rebuilt = backfill(
            read_settings(JobSettings),
            names,
            start,
            until,
            into,
            lambda what, done, total: progress.update(task, description=what, completed=done, total=total or None),
        )
    if as_json:
        click.echo(json.dumps(asdict(rebuilt), default=str))
        return
    what = f"{rebuilt.days_replaced} days of logs replaced" if into is None else f"written to {into}"
    click.echo(f"{rebuilt.events:,} events played again, {rebuilt.start:%Y-%m-%d} to {rebuilt.until:%Y-%m-%d}: {what}.")
