"""`shopstream alerts`: the alerts; the commands of the rules are in rule_cli.py."""

import logging
import os

import click

from flink_jobs.anomalies import tables
from flink_jobs.anomalies.alert import Alert, select
from flink_jobs.anomalies.options import KIND_NAMES, json_option, print_json
from flink_jobs.anomalies.rule_cli import list_rules, remove, set_rule
from ingestion.settings import KafkaSettings, read_settings
from ingestion.topic_reader import TopicReader
from ingestion.topics import ANOMALIES

_only_type = click.option("--event-type", metavar="TYPE", help="Only alerts of this event type.")
_only_kind = click.option("--kind", type=click.Choice(list(KIND_NAMES)), help="Only alerts of this kind.")
_limit = click.option(
    "--limit", type=click.IntRange(min=1), default=20, show_default=True, help="At most so many, the newest."
)


@click.group()
def alerts() -> None:
    """See alerts, and set when they are given; a running job takes a new rule within seconds.

    \b
    Kinds of alerts, each judged for every hour, every ten minutes, by event type:
      count      more events than a limit
      intensity  more events per user than a limit
      unusual    far from what is usual at this time of the day
    \b
    Examples:
      shopstream alerts active
      shopstream alerts history --event-type purchase
      shopstream alerts set count --event-type purchase --limit 5000
      shopstream alerts set unusual --score 6 --min-history 48
      shopstream alerts list
    """
    # The client logs each failed connection; the one sentence that matters is ours.
    if not os.environ.get("SHOPSTREAM_DEBUG"):
        logging.getLogger("kafka").setLevel(logging.CRITICAL)


for command in (set_rule, remove, list_rules):
    alerts.add_command(command)


@alerts.command()
@_only_type
@_only_kind
@_limit
@json_option
def active(event_type: str | None, kind: str | None, limit: int, as_json: bool) -> None:
    """Show the alerts that go on now, the newest first.

    \b
    Examples:
      shopstream alerts active
      shopstream alerts active --kind unusual --json
    """
    _show(True, event_type, kind, limit, as_json, "No alert is open.")


@alerts.command()
@_only_type
@_only_kind
@_limit
@json_option
def history(event_type: str | None, kind: str | None, limit: int, as_json: bool) -> None:
    """Show alerts, those that are over too, the newest first.

    \b
    Examples:
      shopstream alerts history --limit 50
      shopstream alerts history --event-type purchase --json
    """
    _show(False, event_type, kind, limit, as_json, "There was no alert.")


def _show(is_active: bool, event_type: str | None, kind: str | None, limit: int, as_json: bool, none: str) -> None:
    rows = TopicReader(read_settings(KafkaSettings).kafka_bootstrap).latest(ANOMALIES.name)
    found = select(
        (Alert.from_bytes(value) for value in rows.values()),
        active=is_active,
        event_type=event_type,
        kind=None if kind is None else KIND_NAMES[kind],
        limit=limit,
    )
    if as_json:
        print_json([alert.as_json() for alert in found])
    elif found:
        tables.console().print(tables.alert_table(found))
    else:
        click.echo(none)
