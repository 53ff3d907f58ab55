"""A span of time and how finely it is told."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

Granularity = Literal["window", "hour", "day", "week", "total"]
"""``window`` is the result's own, ``total`` the whole period. Days and weeks are of UTC, and weeks begin on Mondays."""

_MONDAY = datetime(1970, 1, 5, tzinfo=UTC)
_LENGTHS = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7)}


@dataclass(frozen=True, slots=True)
class Period:
    """``start`` belongs to it, ``until`` does not; both UTC. ValueError when it is empty or has no zone."""

    start: datetime
    until: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.until.tzinfo is None:
            raise ValueError("a period needs times with a zone")
        if self.start >= self.until:
            raise ValueError("a period must begin before it ends")

    @property
    def length(self) -> timedelta:
        """How long it is."""
        return self.until - self.start

    def before(self) -> "Period":
        """Return the period of the same length that ends where this one begins."""
        return Period(self.start - self.length, self.start)

    def whole(self, step: timedelta) -> "Period":
        """Return the shortest period around it of whole steps, which weeks begin on Mondays."""
        start = self.start - (self.start - _MONDAY) % step
        return Period(start, self.until + (_MONDAY - self.until) % step)


def step(granularity: Granularity, window: timedelta) -> timedelta | None:
    """Return the length of a row's time for a result of such windows; None for ``total``.

    Raises ValueError where rows would be shorter than the result's windows.
    """
    if granularity == "total":
        return None
    length = window if granularity == "window" else _LENGTHS[granularity]
    if length < window:
        raise ValueError(f"its windows are longer than one {granularity}")
    return length
