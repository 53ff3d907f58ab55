"""`shopstream alerts set`, `remove` and `list`: the rules by which the job gives alerts."""

import time

import click

from flink_jobs.anomalies import tables
from flink_jobs.anomalies.options import KIND_NAMES, json_option, print_json
from flink_jobs.anomalies.rule_topic import RuleTopic
from flink_jobs.anomalies.rules import ALL, Rule, default_rules
from flink_jobs.settings import JobSettings
from ingestion.errors import ShopstreamError
from ingestion.settings import KafkaSettings, read_settings

_event_type = click.option(
    "--event-type", metavar="TYPE", default=ALL, help="The event type; by default all that have no rule of their own."
)


@click.command("set")
@click.argument("kind", type=click.Choice(list(KIND_NAMES)))
@_event_type
@click.option("--limit", type=float, help="Of count and intensity: above it there is an alert.")
@click.option("--score", type=float, help="Of unusual: robust standard deviations beyond the usual range.")
@click.option("--min-history", type=int, metavar="N", help="Of unusual: hours at this time of the day to know first.")
@click.option("--off", is_flag=True, help="Give no alerts of this kind.")
@json_option
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
    rule = Rule(KIND_NAMES[kind], event_type, not off, bound, min_history, time.time_ns() // 1_000_000)
    _rules().put(rule)
    if as_json:
        print_json(rule.as_json())
    else:
        tables.console().print(tables.rule_table([rule]))


@click.command()
@click.argument("kind", type=click.Choice(list(KIND_NAMES)))
@_event_type
def remove(kind: str, event_type: str) -> None:
    """Remove a rule that was set, so that the rule for all event types or the default holds again.

    \b
    Examples:
      shopstream alerts remove count --event-type purchase
      shopstream alerts remove unusual
    """
    rule = Rule(KIND_NAMES[kind], event_type)
    if not _rules().remove(rule.key):
        whose = "for all event types" if event_type == ALL else f"for {event_type}"
        raise ShopstreamError(f"no rule of the kind {kind} is set {whose}: see `shopstream alerts list`.")
    click.echo("Removed.")


@click.command("list")
@json_option
def list_rules(as_json: bool) -> None:
    """Show the rules that are set, after the defaults, which come from the settings SHOPSTREAM_ANOMALY_...

    \b
    Example:
      shopstream alerts list --json
    """
    rules = [*default_rules(read_settings(JobSettings)), *_rules().rules()]
    if as_json:
        print_json([rule.as_json() for rule in rules])
    else:
        tables.console().print(tables.rule_table(rules))


def _rules() -> RuleTopic:
    return RuleTopic(read_settings(KafkaSettings))
