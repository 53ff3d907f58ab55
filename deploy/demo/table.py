"""The demo's summary as tables for a terminal."""

from datetime import datetime
from typing import Any

from rich.console import Group
from rich.table import Table

from deploy.demo.summary import Summary


def render(summary: Summary) -> Group:
    """Return the tables, at most 100 columns wide."""
    counts = summary.counts
    events = _pairs(
        "events",
        {
            "produced": counts.produced,
            "read": counts.read,
            "in the lake": counts.in_lake,
            "dead-lettered": counts.dead_lettered,
            "late": counts.late,
            "duplicate": counts.duplicate,
            "users behind": counts.users_behind,
        },
    )
    results = _pairs("result rows", summary.results)
    model = _pairs("model", summary.model)
    score = _pairs("one score", summary.score)
    addresses = _pairs("open", summary.addresses)
    seconds = _pairs("seconds", {step: round(took, 1) for step, took in summary.seconds.items()})
    side_by_side = Table.grid(padding=(0, 2))
    side_by_side.add_row(events, results, seconds)
    return Group(side_by_side, _features(summary.features), model, score, addresses)


def _pairs(title: str, values: dict[str, Any]) -> Table:
    table = Table(title, "")
    # An address is of use only whole.
    table.columns[1].overflow = "fold"
    table.columns[1].justify = "right" if all(isinstance(value, int | float) for value in values.values()) else "left"
    for name, value in values.items():
        table.add_row(name, _text(value))
    return table


def _features(users: dict[str, dict[str, Any]]) -> Table:
    table = Table("features", *[user if len(user) <= 22 else f"{user[:20]}…" for user in users])
    table.columns[0].no_wrap = True
    for name in next(iter(users.values()), {}):
        table.add_row(name, *[_text(values[name]) for values in users.values()])
    return table


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 1 else f"{value:,.2f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
