"""The command ``shopstream drift``."""

import json
import logging
import sys
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from flink_jobs.settings import JobSettings
from ingestion.cli import instant
from ingestion.settings import read_settings
from training.models_cli import console
from training.settings import TrainingSettings

_STYLES = {"steady": "", "moved": "yellow", "shifted": "red"}


@click.command()
@click.argument("task")
@click.option("--since", callback=instant, metavar="TIME", help="Only what was served since then (UTC).")
@click.option("--max-index", type=click.FloatRange(min=0), help="Exit with 1 when a column's index is above this.")
@click.option("--plot", type=click.Path(path_type=Path, dir_okay=False), help="Draw both distributions into this PNG.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def main(task: str, since: datetime | None, max_index: float | None, plot: Path | None, as_json: bool) -> None:
    """Compare what the champion of TASK is asked now with what it was trained on.

    For each column of its input, and for its scores, the population stability index over ten bins: below 0.1 steady,
    up to 0.25 moved, above it shifted. What is asked now is what the scorer has logged (topic scored_users).

    \b
    Examples:
      shopstream drift purchase_24h
      shopstream drift purchase_24h --since 2026-11-25 --plot drift.png
      shopstream drift purchase_24h --max-index 0.25 --json
    """
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    # In here: MLflow takes seconds to import, and --help needs none of it.
    from training.drift_plot import draw
    from training.live import compare

    bootstrap = read_settings(JobSettings).kafka_bootstrap
    with Console(stderr=True).status("reading what was served ..."):
        report = compare(task, TrainingSettings(), bootstrap, since)
    if plot is not None:
        draw(report.columns).savefig(plot)
    if as_json:
        columns = [{**asdict(one), "verdict": one.verdict} for one in report.columns]
        click.echo(json.dumps({**asdict(report), "columns": columns}, indent=2, default=str))
    else:
        title = f"{report.task} version {report.version}: {report.served:,} scores of {report.first:%Y-%m-%d %H:%M}"
        table = Table("column", "index", "", title=f"{title} to {report.last:%Y-%m-%d %H:%M} UTC", title_justify="left")
        table.columns[1].justify = "right"
        for one in report.columns:
            table.add_row(one.column, f"{one.index:.3f}", one.verdict, style=_STYLES[one.verdict])
        console().print(table)
    if max_index is not None and max(one.index for one in report.columns) > max_index:
        sys.exit(1)
