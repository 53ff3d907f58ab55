"""The visitors: how often each comes, how likely it buys, when it stops coming."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ingestion.simulator.draws import choices
from ingestion.simulator.funnel import GRADES, TYPES, chain
from ingestion.simulator.scenario import Scenario

_COUNTRIES = {
    "US": (30, "USD"),
    "DE": (16, "EUR"),
    "GB": (13, "GBP"),
    "FR": (10, "EUR"),
    "ES": (7, "EUR"),
    "NL": (6, "EUR"),
    "CA": (6, "CAD"),
    "AU": (5, "AUD"),
    "BR": (4, "BRL"),
    "IN": (3, "INR"),
}
"""Country to its share of the visitors and its currency."""

ANONYMOUS = 0.3
"""Share of the visitors that never log in."""

LOGIN = 0.15
"""Share of a registered user's visits that begin with a login."""

_LARGEST_SHARE = 0.008


@dataclass(slots=True)
class Visitor:
    """One person. Times are microseconds since 1970; ``joined_us`` None: there before the run began.

    ``churned_us`` is when the last visit began, None for a visitor who still comes.
    """

    slot: int
    user_id: str | None
    anonymous_id: str
    country: str
    currency: str
    joined_us: int | None = None
    churned_us: int | None = None
    visits: int = 0


class Population:
    """``users`` places, each taken by one visitor at a time; who stops coming is followed by a newcomer.

    A place has the latent values, which its visitors share:

    - ``share`` of all visits: lognormal (sigma 0.8), no more than 0.8 % or five times the mean;
    - ``grade`` of the propensity x = (grade + 0.5) / 10, which is logit-normal and goes up with the share;
    - ``drop``: probability that a visit is the visitor's last: lognormal around 3 %, falling with x.

    So the number of living visitors and the shares never change, and neither does the mean rate.
    """

    def __init__(self, scenario: Scenario) -> None:
        random = scenario.random("population")
        users = scenario.users
        active, wish, loyal = random.normal(size=(3, users))
        self.share = _capped(np.exp(0.8 * active), max(_LARGEST_SHARE, 5 / users))
        x = 1 / (1 + np.exp(1.1 - 1.0 * (0.6 * active + 0.8 * wish)))
        self.grade: NDArray[np.int64] = np.minimum((x * GRADES).astype(np.int64), GRADES - 1)
        self.drop = np.clip(0.03 * np.exp(0.5 * loyal - 1.5 * (x - 0.3)), 0.003, 0.15)
        self.anonymous = random.random(users) < ANONYMOUS
        self._country = choices(random, [share for share, _ in _COUNTRIES.values()])
        self._seed = scenario.seed
        self._numbers = 0
        self.visitors: list[Visitor] = []
        self._living: list[Visitor | None] = [self._visitor(slot, None) for slot in range(users)]

    def enter(self, slot: int, now_us: int) -> Visitor:
        """Return the visitor of a place for a visit that begins now: a newcomer if the last one has gone."""
        visitor = self._living[slot]
        if visitor is None:
            visitor = self._living[slot] = self._visitor(slot, now_us)
        visitor.visits += 1
        return visitor

    def leave(self, visitor: Visitor, now_us: int) -> None:
        """This visit is the visitor's last."""
        visitor.churned_us = now_us
        self._living[visitor.slot] = None

    def events_per_visit(self) -> float:
        """Mean number of events of a visit: the chain's, those of a login, and those of a newcomer's signup."""
        of_chain = np.array([chain(grade).events for grade in range(GRADES)])[self.grade]
        registered = 1 - self.anonymous
        # In the long run as many visits are a first one as are a last one.
        before = registered * (self.drop * 3 + (1 - self.drop) * LOGIN)
        return float(self.share @ (of_chain + before))

    def shares_of_types(self) -> dict[str, float]:
        """Return the share of each step's type among all events, in the long run."""
        by_grade = np.array([chain(grade).events_by_step() for grade in range(GRADES)])
        events = self.share @ by_grade[self.grade] / self.events_per_visit()
        return dict(zip(TYPES, events.tolist(), strict=True))

    def _visitor(self, slot: int, joined_us: int | None) -> Visitor:
        number = self._numbers
        self._numbers += 1
        country = list(_COUNTRIES)[self._country()]
        visitor = Visitor(
            slot,
            None if self.anonymous[slot] else f"user_{number:06d}",
            f"anon_{self._seed:x}_{number:06x}",
            country,
            _COUNTRIES[country][1],
            joined_us,
        )
        self.visitors.append(visitor)
        return visitor


def _capped(weights: NDArray[np.float64], largest: float) -> NDArray[np.float64]:
    shares: NDArray[np.float64] = weights / weights.sum()
    # What is cut off makes the others' shares grow, so some may come above the limit again.
    while shares.max() > largest * 1.0001:
        shares = np.minimum(shares, largest)
        shares /= shares.sum()
    return shares
