"""The funnel: the Markov chain that every visit walks, and what can be computed from it.

After each event a visitor draws what comes next, or leaves; the wait until then is exponential. So the chance
that a visit still ends in a purchase depends on the last event and the cart alone, and is known exactly.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

TYPES = (
    "page_view",
    "click",
    "search",
    "product_view",
    "add_to_cart",
    "remove_from_cart",
    "checkout",
    "purchase",
    "error",
    "custom",
)
"""Steps of the chain; ``custom`` stands for several event types."""

PAGE_VIEW, CLICK, SEARCH, PRODUCT_VIEW, ADD, REMOVE, CHECKOUT, PURCHASE, ERROR, CUSTOM = range(len(TYPES))
EXIT = len(TYPES)

GAP_SECONDS = (20.0, 6.0, 12.0, 32.0, 14.0, 9.0, 40.0, 20.0, 8.0, 15.0)
"""Mean wait after each step."""

FULL_CART = 5
"""Lines of a cart at which nothing more is added."""

GRADES = 10
"""Propensities: grade g stands for x = (g + 0.5) / GRADES."""

_BROWSE: dict[int, dict[int, float]] = {
    PAGE_VIEW: {PAGE_VIEW: 22, CLICK: 11, SEARCH: 13, PRODUCT_VIEW: 40, ERROR: 0.8, CUSTOM: 2.2, EXIT: 11},
    CLICK: {PAGE_VIEW: 47, PRODUCT_VIEW: 44, EXIT: 9},
    SEARCH: {PAGE_VIEW: 10, CLICK: 6, SEARCH: 13, PRODUCT_VIEW: 63, EXIT: 8},
    PRODUCT_VIEW: {PAGE_VIEW: 23, CLICK: 11, SEARCH: 11, PRODUCT_VIEW: 39, ERROR: 0.6, CUSTOM: 1.4, EXIT: 14},
    ADD: {PAGE_VIEW: 32, SEARCH: 8, PRODUCT_VIEW: 50, EXIT: 10},
    REMOVE: {PAGE_VIEW: 45, PRODUCT_VIEW: 37, EXIT: 18},
    ERROR: {PAGE_VIEW: 70, EXIT: 30},
    CUSTOM: {PAGE_VIEW: 55, PRODUCT_VIEW: 33, EXIT: 12},
    PURCHASE: {PAGE_VIEW: 25, EXIT: 75},
}
"""Weights of the next step by the last one, before the cart and the propensity have their say."""


def row(step: int, cart: int, grade: int) -> dict[int, float]:
    """Return the probability of each next step, ``EXIT`` included, after a step that left ``cart`` lines."""
    x = (grade + 0.5) / GRADES
    if step == CHECKOUT:
        buy = 0.40 + 0.4 * x
        rest = {PAGE_VIEW: 0.35, REMOVE: 0.15, ERROR: 0.05, EXIT: 0.45}
        return {PURCHASE: buy} | {following: (1 - buy) * share for following, share in rest.items()}
    weights = dict(_BROWSE[step])
    if step != PURCHASE:
        # Who is keen to buy stays longer: the visits of the keenest are three to four times as long.
        weights[EXIT] *= 2.0 * 0.2**x
    total = sum(weights.values())
    first: dict[int, float] = {}
    if cart and step != PURCHASE:
        first[CHECKOUT] = (0.06 + 0.16 * x) * (1.0 if step in (PAGE_VIEW, ADD) else 0.4)
        first[REMOVE] = 0.03
    if step == PRODUCT_VIEW and cart < FULL_CART:
        first[ADD] = 0.01 + 0.16 * x
    left = 1 - sum(first.values())
    return first | {following: left * weight / total for following, weight in weights.items()}


def cart_after(step: int, cart: int) -> int:
    """Return the lines in the cart after a step that found ``cart`` there."""
    if step == PURCHASE:
        return 0
    return cart + (step == ADD) - (step == REMOVE)


class Chain:
    """The chain of one grade, solved. A state is (last step, cart lines after it)."""

    def __init__(self, grade: int) -> None:
        self._states = [(step, cart) for step in range(EXIT) for cart in range(FULL_CART + 1)]
        moves = np.zeros((len(self._states), len(self._states)))
        self._rows: list[dict[int, float]] = []
        for number, (step, cart) in enumerate(self._states):
            found = row(step, cart, grade)
            self._rows.append(found)
            for following, share in found.items():
                if following != EXIT and not (following == REMOVE and cart == 0):
                    moves[number, self._number(following, cart_after(following, cart))] += share
        everywhere = np.eye(len(self._states))
        stop = np.array([step == PURCHASE for step, _ in self._states])
        unbought = np.where(stop[:, None], 0.0, moves)
        # Chance to buy from each state, that of a purchase itself being 1.
        self._buys: NDArray[np.float64] = np.linalg.solve(everywhere - unbought, stop.astype(float))
        self._moves = moves
        landing = np.zeros(len(self._states))
        landing[self._number(PAGE_VIEW, 0)] = 1
        self._passes: NDArray[np.float64] = np.linalg.solve((everywhere - moves).T, landing)

    @staticmethod
    def _number(step: int, cart: int) -> int:
        return step * (FULL_CART + 1) + cart

    @property
    def events(self) -> float:
        """Mean number of events of a visit from its landing page on."""
        return float(self._passes.sum())

    def events_by_step(self) -> list[float]:
        """Mean number of events of a visit from its landing page on, by step."""
        counts: list[float] = self._passes.reshape(EXIT, FULL_CART + 1).sum(axis=1).tolist()
        return counts

    @property
    def purchase(self) -> float:
        """Probability that a visit has a purchase."""
        return float(self._buys[self._number(PAGE_VIEW, 0)])

    def exit(self, step: int, cart: int) -> float:
        """Probability that the visit ends with this event."""
        return self._rows[self._number(step, cart)][EXIT]

    def purchase_after(self, step: int, cart: int) -> float:
        """Probability of a (further) purchase in a visit that goes on after this event."""
        number = self._number(step, cart)
        return float(self._moves[number] @ self._buys) / (1 - self.exit(step, cart))

    def under_way(self) -> dict[tuple[int, int], float]:
        """Return, by state, the seconds that a visit waits there for its next event, on average."""
        waits = {}
        for (step, cart), passes in zip(self._states, self._passes.tolist(), strict=True):
            seconds = passes * (1 - self.exit(step, cart)) * GAP_SECONDS[step]
            if seconds > 0:
                waits[step, cart] = seconds
        return waits


@cache
def chain(grade: int) -> Chain:
    """Return the solved chain of a grade."""
    return Chain(grade)
