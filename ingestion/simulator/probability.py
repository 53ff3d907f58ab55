"""The generator's own probabilities: what somebody knows who knows a visitor's latent values and sees its history.

A visitor's visits are a Poisson process of rate ``v * share * rhythm``, ended after each visit with probability
``drop``; each visit walks the funnel's chain. From that all follows in closed form, with L(a, b) the expected
visits between a and b, q the drop and p the probability that a visit has a purchase:

- still coming at c, when the last visit began at t:  A = (1 - q) e^-L(t,c) / ((1 - q) e^-L(t,c) + q), the posterior
  of Fader, Hardie and Lee's BG/NBD model ("Counting Your Customers" the Easy Way, 2005) for known rates;
- a visit still open, s seconds after its last event, of mean wait g and exit probability e:
  O = (1 - e) e^(-s/g) / ((1 - e) e^(-s/g) + e);
- no purchase within a horizon by later visits, if still coming: 1 - p / r * (1 - e^(-r L)) with r = p + (1 - p) q.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import exp
from typing import Any

from ingestion.simulator.funnel import ADD, CUSTOM, FULL_CART, GAP_SECONDS, GRADES, TYPES, cart_after, chain
from ingestion.simulator.ground_truth import GroundTruth
from ingestion.simulator.rhythm import Rhythm
from ingestion.simulator.scenario import Scenario, microseconds

_STEPS = {event_type: step for step, event_type in enumerate(TYPES)}
_BEFORE = ("user_login", "user_signup", "identify")
_LOGIN_GAP_SECONDS = 10.0


@dataclass(slots=True)
class SeenVisit:
    """A visit as its events show it: when it began, its last event, and the lines in the cart after that."""

    began: datetime
    last: datetime
    event_type: str
    cart: int = 0

    def see(self, event_type: str, at: datetime) -> None:
        """Take the visit's next event."""
        self.last, self.event_type = at, event_type
        step = _STEPS.get(event_type, CUSTOM)
        # Of a visit under way at the start the cart was not seen to fill.
        self.cart = min(max(cart_after(step, self.cart), 1 if step == ADD else 0), FULL_CART)


def visits_of(events: Iterable[tuple[str, str, datetime]]) -> list[SeenVisit]:
    """Return a visitor's visits from its clean events (session_id, event_type, timestamp), in order of time."""
    visits: dict[str, SeenVisit] = {}
    for session, event_type, at in events:
        visit = visits.setdefault(session, SeenVisit(at, at, event_type))
        visit.see(event_type, at)
    return list(visits.values())


class TrueProbability:
    """Answers for the visitors of one ground truth; planted anomalies are not part of it."""

    def __init__(self, truth: GroundTruth) -> None:
        self._rhythm = Rhythm(Scenario.from_json(truth.header["scenario"]))
        self._visits_per_second = float(truth.header["visits_per_second"])

    def purchase(
        self, user: dict[str, Any], cutoff: datetime, visits: Sequence[SeenVisit], horizon: timedelta
    ) -> float:
        """Return the probability of a purchase in ``cutoff < timestamp <= cutoff + horizon``.

        ``user`` is its line of the ground truth, ``visits`` its clean events up to the cut-off, as ``visits_of``
        gives them; visits that ended an hour or more ago change nothing and may be left out, but for the last.
        The horizon should be much longer than a visit.
        """
        p, q = float(user["purchase_per_visit"]), float(user["drop"])
        ends = p + (1 - p) * q
        later = p / ends * (1 - exp(-ends * self._expected(user, cutoff, cutoff + horizon)))
        none = 1 - self.coming(user, cutoff, visits) * later
        for visit in visits:
            none *= 1 - _open(user, visit, cutoff) * _buys(user, visit)
        return 1 - none

    def silence(self, user: dict[str, Any], cutoff: datetime, visits: Sequence[SeenVisit], horizon: timedelta) -> float:
        """Return the probability of no event at all in ``cutoff < timestamp <= cutoff + horizon``; see ``purchase``."""
        coming = self.coming(user, cutoff, visits)
        silent = 1 - coming + coming * exp(-self._expected(user, cutoff, cutoff + horizon))
        for visit in visits:
            silent *= 1 - _open(user, visit, cutoff)
        return silent

    def purchase_24h(self, user: dict[str, Any], cutoff: datetime, visits: Sequence[SeenVisit]) -> float:
        """Return the probability of the label ``purchase_24h``."""
        return self.purchase(user, cutoff, visits, timedelta(hours=24))

    def churn_30d(self, user: dict[str, Any], cutoff: datetime, visits: Sequence[SeenVisit]) -> float:
        """Return the probability of the label ``churn_30d``."""
        return self.silence(user, cutoff, visits, timedelta(days=30))

    def coming(self, user: dict[str, Any], cutoff: datetime, visits: Sequence[SeenVisit]) -> float:
        """Return the probability that the visitor has not stopped coming; 1 before its first visit."""
        if not visits:
            return 1.0
        began = max(visit.began for visit in visits)
        drop = float(user["drop"])
        stays = (1 - drop) * exp(-self._expected(user, began, cutoff))
        return stays / (stays + drop)

    def _expected(self, user: dict[str, Any], start: datetime, end: datetime) -> float:
        """Visits that are expected of a visitor who comes."""
        return (
            self._visits_per_second
            * float(user["share_of_visits"])
            * self._rhythm.area(microseconds(start), microseconds(end))
        )


def _grade(user: dict[str, Any]) -> int:
    return int(float(user["propensity"]) * GRADES)


def _open(user: dict[str, Any], visit: SeenVisit, cutoff: datetime) -> float:
    silent = (cutoff - visit.last).total_seconds()
    if visit.event_type in _BEFORE:
        # The chain has not begun: the landing page follows for certain.
        return 1.0 if silent < 60 * _LOGIN_GAP_SECONDS else 0.0
    step = _STEPS.get(visit.event_type, CUSTOM)
    leaves = chain(_grade(user)).exit(step, visit.cart)
    waits = (1 - leaves) * exp(-silent / GAP_SECONDS[step])
    return waits / (waits + leaves)


def _buys(user: dict[str, Any], visit: SeenVisit) -> float:
    found = chain(_grade(user))
    if visit.event_type in _BEFORE:
        return found.purchase
    return found.purchase_after(_STEPS.get(visit.event_type, CUSTOM), visit.cart)
