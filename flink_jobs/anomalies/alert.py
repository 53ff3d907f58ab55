"""Alerts as the job writes them to the topic ``anomalies``."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from flink_jobs.anomalies.rules import Kind
from ingestion.errors import ShopstreamError


@dataclass(frozen=True, slots=True)
class Alert:
    """The latest state of one alert. Times are those of the events, in UTC."""

    alert_id: str
    event_type: str
    kind: Kind
    direction: str
    """``high`` or ``low``."""

    status: str
    """``open``, ``updated`` (still open), ``closed``, or ``withdrawn``: it belongs to another alert, or was none."""

    started_at: datetime
    """Start of the first hour that was anomalous."""

    ended_at: datetime | None
    """End of the last one; None while the alert is open."""

    value: float
    """Of the hour judged last: events, or events per user."""

    peak: float
    """Of the most anomalous hour, which began at ``peak_at``; range, score and reason are of it."""

    peak_at: datetime
    expected_low: float
    expected_high: float
    score: float
    """Robust standard deviations beyond the usual range; of a threshold the peak divided by the limit."""

    event_count: int
    """Of that hour, as are the next two."""

    unique_users: int
    events_per_user: float
    reason: str
    rule_version: int
    """Version of the rule by which it was judged last; 0 for a default."""

    @classmethod
    def from_bytes(cls, value: bytes) -> "Alert":
        """Read a Kafka value; raises ShopstreamError for one that is no alert."""
        try:
            row = json.loads(value)
            for name in ("started_at", "ended_at", "peak_at"):
                row[name] = None if row[name] is None else datetime.fromisoformat(row[name])
            return cls(**{field.name: row[field.name] for field in fields(cls)})
        except (ValueError, TypeError, KeyError) as error:
            raise ShopstreamError("the topic of anomalies holds a record that is no alert.") from error

    @property
    def is_active(self) -> bool:
        """Whether it goes on."""
        return self.status in ("open", "updated")

    def as_json(self) -> dict[str, Any]:
        """Return the alert with its times in ISO 8601, ready for JSON."""
        return {
            name: value.isoformat() if isinstance(value, datetime) else value for name, value in asdict(self).items()
        }


def select(
    alerts: Iterable[Alert], *, active: bool, event_type: str | None, kind: Kind | None, limit: int
) -> list[Alert]:
    """Return the newest ``limit`` alerts that fit, the newest first; withdrawn ones are none.

    ``active``: only those that go on.
    """
    chosen = [
        alert
        for alert in alerts
        if (alert.is_active if active else alert.status != "withdrawn")
        and event_type in (None, alert.event_type)
        and kind in (None, alert.kind)
    ]
    return sorted(chosen, key=lambda alert: (alert.started_at, alert.alert_id), reverse=True)[:limit]
