"""The traffic: all visits at once, their events in the order in which they happen."""

from collections.abc import Iterator, Sequence
from heapq import heapify, heappop, heappush, heapreplace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ingestion.simulator.catalogue import Catalogue
from ingestion.simulator.clean_event import CleanEvent
from ingestion.simulator.funnel import GAP_SECONDS, GRADES, chain
from ingestion.simulator.population import LOGIN as LOGIN_SHARE
from ingestion.simulator.population import Population
from ingestion.simulator.rhythm import Rhythm
from ingestion.simulator.scenario import Scenario
from ingestion.simulator.visit import ANONYMOUS_PAGE_VIEW, IDENTIFY, LOGIN, SIGNUP, Shop, Visit

_BLOCK = 4096


class Actor(Protocol):
    """Causes events one after the other."""

    def advance(self, at_us: int) -> tuple[CleanEvent, int]:
        """Return the event that happens now, and when the next one does (0: never)."""


class Traffic:
    """Events of a scenario's visits. Visits begin as a Poisson process with the daily rhythm.

    The stream begins in mid-traffic: visits that are under way at the start are seen from their next event on
    (``under_way`` of them, numbered first). Since waits are exponential, where they stand is drawn exactly.
    Memory holds the visits that are open, about ``rate`` x 25 s of them, and the visitors.
    """

    def __init__(self, scenario: Scenario, population: Population, actors: Sequence[tuple[int, Actor]]) -> None:
        """``actors`` are others that cause events, each with the moment of its first one."""
        self._scenario = scenario
        self._population = population
        self._rhythm = Rhythm(scenario)
        self._shop = Shop(scenario.random("traffic"), Catalogue(scenario.random("catalogue")), scenario.run)
        self.visits_per_second = scenario.rate / population.events_per_visit()
        """Mean number of visits that begin in a second."""
        self._shares = np.cumsum(population.share)
        self._visits = 0
        self._open: list[tuple[int, int, Actor]] = []
        self._open_visits_under_way()
        self.under_way = self._visits
        # Negative numbers: an actor is no visit, but the heap needs a second order.
        self._open += [(first_us, -1 - number, actor) for number, (first_us, actor) in enumerate(actors)]
        heapify(self._open)

    def __iter__(self) -> Iterator[CleanEvent]:
        """Give the events of the run by time; once only."""
        heap = self._open
        end_us = self._scenario.end_us
        arrivals = self._arrivals()
        arrival_us, slot = next(arrivals)
        while True:
            if heap and heap[0][0] <= arrival_us:
                at_us, number, actor = heap[0]
                if at_us >= end_us:
                    return
                event, next_us = actor.advance(at_us)
                if next_us:
                    heapreplace(heap, (next_us, number, actor))
                else:
                    heappop(heap)
                yield event
            elif arrival_us >= end_us:
                return
            else:
                visit = self._visit(slot, arrival_us)
                event, next_us = visit.advance(arrival_us)
                if next_us:
                    heappush(heap, (next_us, self._visits, visit))
                yield event
                arrival_us, slot = next(arrivals)

    def _arrivals(self) -> Iterator[tuple[int, int]]:
        """Yield when a visit begins, and whose it is; ends past the end."""
        random = self._scenario.random("arrivals")
        highest = self.visits_per_second * self._rhythm.highest / 1e6
        now = float(self._scenario.start_us)
        while now < self._scenario.end_us:
            moments = now + np.cumsum(random.standard_exponential(_BLOCK) / highest)
            now = float(moments[-1])
            kept = moments[random.random(_BLOCK) * self._rhythm.highest < self._rhythm.factors(moments)]
            slots = np.searchsorted(self._shares, random.random(len(kept)) * self._shares[-1], side="right")
            yield from zip(kept.astype(np.int64).tolist(), slots.tolist(), strict=True)
        yield self._scenario.end_us, 0

    def _visit(self, slot: int, now_us: int) -> Visit:
        population = self._population
        visitor = population.enter(slot, now_us)
        before: tuple[int, ...] = ()
        if visitor.user_id is not None:
            if visitor.joined_us == now_us:
                before = (ANONYMOUS_PAGE_VIEW, SIGNUP, IDENTIFY)
            elif self._shop.uniform() < LOGIN_SHARE:
                before = (LOGIN,)
        if self._shop.uniform() < population.drop[slot]:
            population.leave(visitor, now_us)
        self._visits += 1
        return Visit(self._shop, visitor, self._visits, int(population.grade[slot]), before)

    def _open_visits_under_way(self) -> None:
        population, start_us = self._population, self._scenario.start_us
        random = self._scenario.random("arrivals", 1)
        now = float(self._rhythm.factors(np.array([float(start_us)]))[0]) * self.visits_per_second
        for grade in range(GRADES):
            slots = np.flatnonzero(population.grade == grade)
            shares = population.share[slots]
            for (step, cart), seconds in chain(grade).under_way().items():
                for slot in _drawn(random, slots, shares, now * seconds):
                    visitor = population.enter(slot, start_us)
                    if random.random() < population.drop[slot]:
                        population.leave(visitor, start_us)
                    self._visits += 1
                    visit = Visit(self._shop, visitor, self._visits, grade)
                    visit.resume(step, cart)
                    first_us = start_us + 1 + int(random.exponential(GAP_SECONDS[step]) * 1e6)
                    self._open.append((first_us, self._visits, visit))


def _drawn(
    random: np.random.Generator, slots: NDArray[np.int64], shares: NDArray[np.float64], visits_of_all: float
) -> list[int]:
    total = float(shares.sum())
    if total == 0:
        return []
    drawn = random.choice(slots, size=random.poisson(visits_of_all * total), p=shares / total)
    result: list[int] = drawn.tolist()
    return result
