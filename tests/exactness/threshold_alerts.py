"""The alerts on thresholds that a shop's clean events must give, by the definition in docs/alerts.md."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from typing import NamedTuple

import duckdb

SLIDE, HOUR, LATENESS = timedelta(minutes=10), timedelta(hours=1), timedelta(minutes=10)


class Alert(NamedTuple):
    """One alert that is over. Times are UTC without a zone."""

    kind: str
    event_type: str
    started_at: datetime
    ended_at: datetime
    """End of the last hour that was anomalous."""

    peak: float
    peak_at: datetime


class Hours:
    """The sliding hours of every event type, and the limits that some of them cross again and again."""

    def __init__(self, db: duckdb.DuckDBPyConnection) -> None:
        rows = db.execute((Path(__file__).parent / "hours.sql").read_text()).fetchall()
        self._events: dict[str, dict[datetime, float]] = {}
        self._per_user: dict[str, dict[datetime, float]] = {}
        for event_type, start, events, per_user in rows:
            self._events.setdefault(event_type, {})[start] = float(events)
            self._per_user.setdefault(event_type, {})[start] = per_user
        self.count_limit = self._crossed(self._events) + 0.5
        self.intensity_limit = self._crossed(self._per_user)

    @staticmethod
    def _crossed(series: dict[str, dict[datetime, float]]) -> float:
        """The median of the type that has the second most, in the middle of the stream."""
        inner = sorted((sorted(found.values())[len(found) // 5 :] for found in series.values()), key=median)
        return float(median(inner[-2]))

    def closed(self, until: datetime) -> set[Alert]:
        """Return the alerts that are over when hours that end before ``until`` can be judged."""
        found = set()
        for kind, series, limit in (
            ("count_threshold", self._events, self.count_limit),
            ("intensity_threshold", self._per_user, self.intensity_limit),
        ):
            for event_type, values in series.items():
                found.update(_closed(kind, event_type, values, limit, until))
        return found


def _closed(
    kind: str, event_type: str, values: dict[datetime, float], limit: float, until: datetime
) -> Iterator[Alert]:
    run: list[datetime] = []
    start, calm = min(values), 0
    while start + HOUR <= until:
        if values.get(start, 0) > limit:
            run.append(start)
            calm = 0
        elif run:
            calm += 1
            if calm == 2:
                peak_at = max(run, key=lambda at: (values[at], -at.timestamp()))
                yield Alert(kind, event_type, run[0], run[-1] + HOUR, values[peak_at], peak_at)
                run = []
        start += SLIDE
