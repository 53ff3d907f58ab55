"""The command ``shopstream consistency``."""

import json
import logging
import sys
from dataclasses import asdict
from datetime import datetime

import click
from rich.console import Console
from rich.table import Table

from feature_repo.consistency import comparison, served
from feature_repo.consistency.comparison import ConsistencyReport
from flink_jobs.settings import JobSettings
from ingestion.cli import instant
from ingestion.errors import ShopstreamError
from ingestion.settings import read_settings
from ingestion.topic_reader import TopicReader


@click.command()
@click.option("--users", default=1000, show_default=True, type=click.IntRange(min=1), help="So many, by their hash.")
@click.option("--since", callback=instant, metavar="TIME", help="Only what was served since then (UTC).")
@click.option(
    "--max-mismatch", default=0.0, show_default=True, type=click.FloatRange(0, 1), help="Share that may differ."
)
@click.option(
    "--max-missing", default=0.0, show_default=True, type=click.FloatRange(0, 1), help="Share that may be missing."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def main(users: int, since: datetime | None, max_mismatch: float, max_missing: float, as_json: bool) -> None:
    """Prove that features served are the features that the events give.

    Takes the vectors that the scorer has served (topic scored_users) to a sample of users, recomputes each from the raw
    events in the lake by SQL that shares nothing with the streaming job, and compares feature by feature. Exits with 1
    when a feature differs, or is missing, more often than allowed. Events show in the lake with a checkpoint.

    \b
    Examples:
      shopstream consistency
      shopstream consistency --since 2026-11-25T12:00:00Z --users 100000 --json
    """
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    settings = read_settings(JobSettings)
    with Console(stderr=True).status("reading what was served ..."):
        found = served.read(TopicReader(settings.kafka_bootstrap), since)
        if not found:
            raise ShopstreamError("Nothing was served yet: score users first, or name an earlier --since.")
        chosen = served.sample(found, users)
        report = comparison.compare(chosen, settings.events_path, settings.user_features_path)
    if as_json:
        rates = {"mismatch_rate": report.mismatch_rate, "missing_rate": report.missing_rate}
        features = [
            {**asdict(one), "mismatch_rate": one.mismatch_rate, "missing_rate": one.missing_rate}
            for one in report.features
        ]
        click.echo(json.dumps({**asdict(report), **rates, "features": features}, indent=2))
    else:
        _show(report)
    if not report.compared:
        raise ShopstreamError(
            "Nothing could be compared: wait for the next checkpoint, which shows events in the lake."
        )
    if report.mismatch_rate > max_mismatch or report.missing_rate > max_missing:
        sys.exit(1)


def _show(report: ConsistencyReport) -> None:
    table = Table("feature", *(name for name in ("compared", "differ", "missing", "largest difference")))
    for column in table.columns[1:]:
        column.justify = "right"
    for one in report.features:
        style = "red" if one.mismatches or one.missing else ""
        numbers = (f"{one.compared:,}", f"{one.mismatches:,}", f"{one.missing:,}", f"{one.largest_difference:g}")
        table.add_row(one.feature, *numbers, style=style)
    Console().print(table)
    click.echo(
        f"{report.compared:,} of {report.served:,} vectors of {report.users:,} users compared; left out:"
        f" {report.not_in_lake:,} not in the lake yet, {report.uncertain:,} with an event that came late just then,"
        f" {report.capped:,} of users above the caps."
    )
    for one in report.features:
        if one.example:
            click.echo(f"{one.feature}: {json.dumps(one.example)}")
