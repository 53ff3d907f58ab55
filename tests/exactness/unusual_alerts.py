"""The unusual hours that a shop's clean events must give, by the definition in docs/alerts.md."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import duckdb
import numpy as np

from tests.exactness.threshold_alerts import HOUR, SLIDE
from tests.jobs.anomaly_oracle import Found, Judged, judge

_FORGOTTEN_AFTER = timedelta(days=1) // SLIDE


class Unusual(NamedTuple):
    """One alert that is over. Times are UTC without a zone."""

    event_type: str
    direction: str
    started_at: datetime
    ended_at: datetime
    """End of the last hour that was unusual."""

    peak: float
    peak_at: datetime
    score: float
    expected_low: float
    expected_high: float


def unusual_alerts(
    db: duckdb.DuckDBPyConnection, until: datetime, limit: float
) -> dict[tuple[str, str, datetime], Unusual]:
    """Return the alerts that are over when hours that end before ``until`` can be judged, by type, direction and start.

    ``limit`` is the score that begins one.
    """
    hours: dict[str, dict[datetime, int]] = {}
    query = (Path(__file__).parent / "hours.sql").read_text()
    for event_type, start, events, _ in db.execute(query).fetchall():
        hours.setdefault(event_type, {})[start] = events
    alerts = {}
    for event_type, found in hours.items():
        first = min(found)
        counts = np.array([found.get(first + SLIDE * slot, 0) for slot in range((until - HOUR - first) // SLIDE + 1)])
        # A type that was hardly ever there is forgotten, and begins anew: none of these, or the oracle needs it too.
        assert "0" * _FORGOTTEN_AFTER not in "".join("0" if count == 0 else "1" for count in counts), event_type
        judged = judge(counts, limit)
        for alert in judged.alerts:
            if alert.is_over:
                one = _unusual(event_type, first, counts, judged, alert)
                alerts[one.event_type, one.direction, one.started_at] = one
    return alerts


def _unusual(event_type: str, first: datetime, counts: np.ndarray, judged: Judged, alert: Found) -> Unusual:  # type: ignore[type-arg]  # of any integers
    return Unusual(
        event_type,
        "high" if alert.direction > 0 else "low",
        first + SLIDE * alert.first,
        first + SLIDE * alert.last + HOUR,
        float(counts[alert.peak]),
        first + SLIDE * alert.peak,
        abs(float(judged.scores[alert.peak])),
        float(judged.low[alert.peak]),
        float(judged.high[alert.peak]),
    )
