"""The scenario: everything that decides, to the byte, what a simulation writes."""

import hashlib
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from ingestion.errors import ShopstreamError

_STREAMS = ("population", "catalogue", "traffic", "arrivals", "disorder", "poison", "anomalies", "crowds", "outages")
_MICROSECOND = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def microseconds(at: datetime) -> int:
    """Return a moment in microseconds since 1970 (UTC)."""
    return (at - _EPOCH) // _MICROSECOND


@dataclass(frozen=True, slots=True)
class Scenario:
    """What is simulated; equal scenarios give equal bytes.

    ``rate`` is the mean of clean events a second over the whole run. ``late``, ``too_late``, ``out_of_order``,
    ``duplicates`` and ``poison`` are shares of the clean events. ``start`` and ``duration`` are event time.
    Raises ShopstreamError for a number that makes no sense.
    """

    users: int = 50_000
    rate: float = 2000.0
    start: datetime = _EPOCH
    duration: timedelta = timedelta(minutes=10)
    seed: int = 1
    flat: bool = False
    late: float = 0.05
    too_late: float = 0.005
    out_of_order: float = 0.1
    duplicates: float = 0.02
    poison: float = 0.01
    anomalies: int = 3

    def __post_init__(self) -> None:
        if self.start.tzinfo is None:
            raise ShopstreamError("the start has no offset: give a datetime with a time zone.")
        if self.users < 1 or self.rate <= 0 or self.duration <= timedelta(0):
            raise ShopstreamError("users, rate and duration must be more than 0.")
        shares = (self.late, self.too_late, self.out_of_order, self.duplicates, self.poison)
        if min(shares) < 0 or max(shares) > 1 or self.late + self.too_late + self.out_of_order > 1:
            raise ShopstreamError(
                "late, too-late, out-of-order, duplicates and poison are shares of 0 to 1;"
                " the first three together at most 1."
            )
        if self.anomalies < 0 or self.seed < 0:
            raise ShopstreamError("anomalies and seed must not be negative.")

    @property
    def start_us(self) -> int:
        """Start in microseconds since 1970 (UTC)."""
        return microseconds(self.start)

    @property
    def end_us(self) -> int:
        """First moment after the run, in microseconds since 1970 (UTC)."""
        return self.start_us + self.duration // _MICROSECOND

    @property
    def run(self) -> str:
        """Ten hex digits that begin every id of this run.

        Runs that start at another moment share no event id, so one is not taken for a duplicate of the other.
        The disorder has no part in it: the clean events are the same whatever happens to them on their way.
        """
        text = f"{self.seed} {self.start_us} {self.end_us} {self.users} {self.rate!r} {self.flat} {self.anomalies}"
        return hashlib.blake2b(text.encode(), digest_size=5).hexdigest()

    def random(self, stream: str, number: int = 0) -> np.random.Generator:
        """Return the random numbers for one part; each part has its own, so that one does not disturb another."""
        return np.random.Generator(np.random.PCG64([self.seed, _STREAMS.index(stream), number]))

    def as_json(self) -> dict[str, Any]:
        """Return all parameters as JSON values; the start in UTC, the duration in seconds."""
        return asdict(self) | {
            "start": self.start.astimezone(UTC).isoformat(timespec="microseconds"),
            "duration": self.duration.total_seconds(),
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Scenario":
        """Return the scenario that ``as_json`` described."""
        return cls(
            **values
            | {"start": datetime.fromisoformat(values["start"]), "duration": timedelta(seconds=values["duration"])}
        )
