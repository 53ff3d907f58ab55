"""What a viewer has chosen to see."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from serving.shop.period import Granularity, Period

PRESETS = {
    "1h": ("Last hour", timedelta(hours=1)),
    "24h": ("Last 24 hours", timedelta(days=1)),
    "7d": ("Last 7 days", timedelta(days=7)),
    "30d": ("Last 30 days", timedelta(days=30)),
    "180d": ("Last 6 months", timedelta(days=180)),
}
CUSTOM = "custom"
MINUTE = timedelta(minutes=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass
class Choice:
    """The period, how finely it is told, and which metric the trend shows. Days are of UTC."""

    preset: str = "24h"
    first_day: str = ""
    last_day: str = ""
    granularity: str = "auto"
    metric: str = "revenue"

    def period(self, now: datetime | None = None) -> Period:
        """Return the period that is meant; a preset's ends with the minute under way, a long one's with five.

        Raises ValueError for days that are none or the wrong way round.
        """
        if self.preset != CUSTOM:
            length = PRESETS[self.preset][1]
            step = MINUTE if length <= timedelta(days=1) else 5 * MINUTE
            until = (now or datetime.now(UTC)).replace(microsecond=0)
            until += step - (until - _EPOCH) % step
            return Period(until - length, until)
        try:
            first, last = (datetime.fromisoformat(day).replace(tzinfo=UTC) for day in (self.first_day, self.last_day))
        except ValueError:
            raise ValueError("choose a first and a last day") from None
        if first > last:
            raise ValueError("the first day must not be after the last")
        return Period(first, last + timedelta(days=1))

    def step(self, period: Period) -> Granularity:
        """Return the granularity that is meant: as it comes, one that gives some dozens of points."""
        if self.granularity in ("hour", "day", "week"):
            return self.granularity  # type: ignore[return-value]  # just checked
        if period.length <= timedelta(hours=6):
            return "window"
        if period.length <= timedelta(days=4):
            return "hour"
        return "day" if period.length <= timedelta(days=92) else "week"
