"""The table of `shopstream status`."""

from collections.abc import Iterable

from rich.table import Table

from deploy.stack.status import PartStatus, State

_STYLES = {
    State.HEALTHY: "green",
    State.STARTING: "yellow",
    State.UNHEALTHY: "red",
    State.DEAD: "bold red",
    State.STOPPED: "dim",
}


def status_table(parts: Iterable[PartStatus]) -> Table:
    """Return one row a part."""
    table = Table()
    for heading in ("part", "address", "pid", "health", "uptime"):
        table.add_column(heading, justify="right" if heading in {"pid", "uptime"} else "left")
    for part in parts:
        table.add_row(
            part.name,
            part.address,
            str(part.pid or ""),
            f"[{_STYLES[part.state]}]{part.state}[/]",
            "" if part.uptime_seconds is None else duration(part.uptime_seconds),
        )
    return table


def duration(seconds: float) -> str:
    """Word a duration in its two largest units: ``2 d 3 h``, ``4 min 5 s``, ``6 s``."""
    whole = int(seconds)
    days, hours, minutes = whole // 86_400, whole // 3600 % 24, whole // 60 % 60
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {whole % 60} s" if minutes else f"{whole} s"
