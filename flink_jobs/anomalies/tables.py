"""How rules and alerts are shown to a person."""

from collections.abc import Iterable
from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from flink_jobs.anomalies.alert import Alert
from flink_jobs.anomalies.rules import ALL, Rule

_WIDTH = 100


def console() -> Console:
    """Return a console of at most 100 columns."""
    found = Console(highlight=False)
    return found if found.width <= _WIDTH else Console(width=_WIDTH, highlight=False)


def rule_table(rules: Iterable[Rule]) -> Table:
    """Return one row a rule; what a rule leaves open is empty."""
    table = Table("kind", "event type", "alerts", "above", "history", "set (UTC)")
    for name in ("above", "history"):
        table.columns[["kind", "event type", "alerts", "above", "history"].index(name)].justify = "right"
    for rule in rules:
        unit = " deviations" if rule.kind == "unusual" else ""
        table.add_row(
            rule.kind,
            Text("all" if rule.event_type == ALL else rule.event_type),
            "on" if rule.is_on else "off",
            "" if rule.limit is None else f"{rule.limit:,.10g}{unit}",
            "" if rule.min_history is None else str(rule.min_history),
            _minute(datetime.fromtimestamp(rule.version / 1000, UTC)) if rule.version else "default",
        )
    return table


def alert_table(alerts: Iterable[Alert]) -> Table:
    """Return one row an alert; the range and the score are those of its peak."""
    table = Table("event type", "kind", "from (UTC)", "to", "peak", "expected", "score", show_lines=True)
    for column in table.columns[4:]:
        column.justify = "right"
    for alert in alerts:
        is_unusual = alert.kind == "unusual"
        low, high = f"{alert.expected_low:,.0f}", f"{alert.expected_high:,.0f}"
        table.add_row(
            Text(alert.event_type),
            f"{alert.kind} {alert.direction}" if is_unusual else alert.kind,
            _minute(alert.started_at),
            "goes on" if alert.ended_at is None else _minute(alert.ended_at),
            f"{alert.peak:,.10g}",
            f"{low} to {high}" if is_unusual else f"up to {alert.expected_high:,.10g}",
            f"{alert.score:.1f}",
        )
    return table


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"
