"""Rules: when a window gives an alert, set by `shopstream alerts` and read by the running job."""

import json
import math
from dataclasses import dataclass
from typing import Any, Literal, get_args

from flink_jobs.settings import JobSettings
from ingestion.errors import ShopstreamError

Kind = Literal["count_threshold", "intensity_threshold", "unusual"]

KINDS: tuple[Kind, ...] = get_args(Kind)

ALL = "*"
"""In place of an event type: all that have no rule of their own."""

_MAX_EVENT_TYPE = 100
_HIGHEST = 1e15
# Two days, and all there are: 14 days of five windows each.
_LEAST_HISTORY = 10
_MOST_HISTORY = 70


@dataclass(frozen=True, slots=True)
class Rule:
    """When windows of one event type, or of all, give alerts of one kind.

    What is None is taken from the rule for all event types, and then from the settings.
    Raises ShopstreamError when a value is impossible.
    """

    kind: Kind
    event_type: str = ALL
    is_on: bool = True

    limit: float | None = None
    """Of a threshold: above it there is an alert. Of ``unusual``: the score that gives one, in standard deviations."""

    min_history: int | None = None
    """Only of ``unusual``: windows at the same time of the day that must be known, five for each day."""

    version: int = 0
    """When it was set: milliseconds since 1970 UTC. Alerts name it."""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ShopstreamError(f"{self.kind} is no kind of alert: give one of {', '.join(KINDS)}.")
        if not self.event_type or len(self.event_type) > _MAX_EVENT_TYPE:
            raise ShopstreamError(f"give an event type of 1 to {_MAX_EVENT_TYPE} characters, or {ALL} for all.")
        if self.limit is not None and not (math.isfinite(self.limit) and 0 < self.limit < _HIGHEST):
            name = "score" if self.kind == "unusual" else "limit"
            raise ShopstreamError(f"give a {name} above 0 and below 1e15, not {self.limit:g}.")
        if self.min_history is not None:
            if self.kind != "unusual":
                raise ShopstreamError(f"only the kind unusual needs a history; leave it out for {self.kind}.")
            if not _LEAST_HISTORY <= self.min_history <= _MOST_HISTORY:
                raise ShopstreamError(
                    f"give a history of {_LEAST_HISTORY} to {_MOST_HISTORY} windows, not {self.min_history}:"
                    " there are five for each of the last 14 days."
                )

    @property
    def key(self) -> str:
        """Kafka key, by which the topic is compacted: kind and event type."""
        return f"{self.kind}/{self.event_type}"

    def to_bytes(self) -> bytes:
        """Return the Kafka value."""
        return json.dumps(self.as_json()).encode()

    def as_json(self) -> dict[str, Any]:
        """Return the rule as it is printed and stored."""
        return {
            "kind": self.kind,
            "event_type": self.event_type,
            "is_on": self.is_on,
            "limit": self.limit,
            "min_history": self.min_history,
            "version": self.version,
        }

    @classmethod
    def from_bytes(cls, value: bytes) -> "Rule":
        """Read what ``to_bytes`` gives; raises ShopstreamError for anything else."""
        try:
            row = json.loads(value)
            limit = row["limit"]
            return cls(
                row["kind"],
                row["event_type"],
                bool(row["is_on"]),
                None if limit is None else float(limit),
                row["min_history"],
                int(row["version"]),
            )
        except (ValueError, TypeError, KeyError) as error:
            raise ShopstreamError(
                "the topic of alert rules holds a record that is no rule; remove it or set the rule anew."
            ) from error


def default_rules(settings: JobSettings) -> list[Rule]:
    """Return what holds where no rule is set."""
    return [
        Rule("count_threshold", limit=settings.anomaly_count_limit),
        Rule("intensity_threshold", limit=settings.anomaly_intensity_limit),
        Rule("unusual", limit=settings.anomaly_score, min_history=settings.anomaly_min_history),
    ]
