"""`shopstream alerts`: the rules by which the job gives alerts, and the alerts themselves."""

import logging
import os
import time
from typing import Any

import click
import orjson

from flink_jobs.anomalies import tables
from flink_jobs.anomalies.alert import Alert, select
from flink_jobs.anomalies.rule_topic import RuleTopic
from flink_jobs.anomalies.rules import ALL, Kind, Rule, default_rules
from flink_jobs.settings import JobSettings
from ingestion.errors import ShopstreamError
from ingestion.settings import KafkaSettings, read_settings
from ingestion.topic_reader import TopicReader
from ingestion.topics import ANOMALIES

_KINDS: dict[str, Kind] = {"count": "count_threshold", "intensity": "intensity_threshold", "unusual": "unusual"}

_event_type = click.option(
    "--event-type", metavar="TYPE", default=ALL, help="The event type; by default all that have no rule of their own."
)
_only_type = click.option("--event-type", metavar="TYPE", help="Only alerts of this event type.")
_only_kind = click.option("--kind", type=click.Choice(list(_KINDS)), help="Only alerts of this kind.")
_limit = click.option(
    "--limit", type=click.IntRange(min=1), default=20, show_default=True, help="At most so many, the newest."
)
_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


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


@alerts.command("set")
@click.argument("kind", type=click.Choice(list(_KINDS)))
@_event_type
@click.option("--limit", type=float, help="Of count and intensity: above it there is an alert.")
@click.option("--score", type=float, help="Of unusual: robust standard deviations beyond the usual range.")
@click.option("--min-history", type=int, metavar="N", help="Of unusual: hours at this time of the day to know first.")
@click.option("--off", is_flag=True, help="Give no alerts of this kind.")
@_json
def set_rule(
    kind: str,
    event_type: str,
    limit: float | None,
    score: float | None,
    min_history: int | None,
    off: bool,
    as_json: bool,
) -> None:
    """Set a rule for one event type or for all; it replaces the one that was set before.

    What is not given is taken from the rule for all event types, and then from the job's settings. Five hours are
    known for each day, so a history of 24 takes five days, and 70 is the most.

    \b
    Examples:
      shopstream alerts set count --limit 20000
      shopstream alerts set intensity --event-type click --limit 300
      shopstream alerts set unusual --event-type error --score 4
      shopstream alerts set unusual --event-type search --off
    """
    if limit is not None and kind == "unusual":
        raise ShopstreamError("the kind unusual has no limit; give --score.")
    if score is not None and kind != "unusual":
        raise ShopstreamError(f"the kind {kind} has no score; give --limit.")
    if off and not (limit is None and score is None and min_history is None):
        raise ShopstreamError("a rule that is off has no values; leave them or --off out.")
    if not off and limit is None and score is None and min_history is None:
        raise ShopstreamError(f"give {'--score or --min-history' if kind == 'unusual' else '--limit'}, or --off.")
    bound = score if kind == "unusual" else limit
    rule = Rule(_KINDS[kind], event_type, not off, bound, min_history, time.time_ns() // 1_000_000)
    _rules().put(rule)
    if as_json:
        _print(rule.as_json())
    else:
        tables.console().print(tables.rule_table([rule]))


@alerts.command()
@click.argument("kind", type=click.Choice(list(_KINDS)))
@_event_type
def remove(kind: str, event_type: str) -> None:
    """Remove a rule that was set, so that the rule for all event types or the default holds again.

    \b
    Examples:
      shopstream alerts remove count --event-type purchase
      shopstream alerts remove unusual
    """
    rule = Rule(_KINDS[kind], event_type)
    if not _rules().remove(rule.key):
        whose = "for all event types" if event_type == ALL else f"for {event_type}"
        raise ShopstreamError(f"no rule of the kind {kind} is set {whose}: see `shopstream alerts list`.")
    click.echo("Removed.")


@alerts.command("list")
@_json
def list_rules(as_json: bool) -> None:
    """Show the rules that are set, after the defaults, which come from the settings SHOPSTREAM_ANOMALY_...

    \b
    Example:
      shopstream alerts list --json
    """
    rules = [*default_rules(read_settings(JobSettings)), *_rules().rules()]
    if as_json:
        _print([rule.as_json() for rule in rules])
    else:
        tables.console().print(tables.rule_table(rules))


@alerts.command()
@_only_type
@_only_kind
@_limit
@_json
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
@_json
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
        kind=None if kind is None else _KINDS[kind],
        limit=limit,
    )
    if as_json:
        _print([alert.as_json() for alert in found])
    elif found:
        tables.console().print(tables.alert_table(found))
    else:
        click.echo(none)


def _rules() -> RuleTopic:
    return RuleTopic(read_settings(KafkaSettings))


def _print(value: Any) -> None:
    click.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2))
