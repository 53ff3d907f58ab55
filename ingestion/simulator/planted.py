"""Planted anomalies: bursts, bots and outages, at moments that the ground truth names."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from ingestion.simulator.catalogue import Catalogue
from ingestion.simulator.clean_event import ENDING, LIBRARY, TOPIC_OF, VERSION, CleanEvent, IsoClock
from ingestion.simulator.draws import exponentials
from ingestion.simulator.funnel import CLICK, ERROR, PAGE_VIEW, PRODUCT_VIEW, SEARCH, TYPES
from ingestion.simulator.population import Population
from ingestion.simulator.rhythm import Rhythm
from ingestion.simulator.scenario import Scenario

AnomalyKind = Literal["burst", "bot", "outage"]
_KINDS: tuple[AnomalyKind, ...] = ("burst", "bot", "outage")

LONGEST_US = 600 * 1_000_000
BURST_FACTOR = 5.0
BOT_PER_SECOND = 3.0
OUTAGE_LOSS = 0.9
_BURSTS = (SEARCH, PAGE_VIEW, PRODUCT_VIEW, CLICK, ERROR)


@dataclass(slots=True)
class Anomaly:
    """One anomaly, ``start_us <= event time < end_us``. ``events`` counts those it added, or took away (outage).

    A ``burst`` brings one event type to five times its rate, from fresh anonymous visitors. A ``bot`` is one user
    with three events a second. In an ``outage`` nine of ten events, of every type, are never sent.
    """

    kind: AnomalyKind
    start_us: int
    end_us: int
    event_type: str | None = None
    user_id: str | None = None
    factor: float | None = None
    events: int = 0

    def as_json(self) -> dict[str, Any]:
        """Return the line of the ground truth."""
        iso = IsoClock()
        return {
            "kind": "anomaly",
            "anomaly": self.kind,
            "start": iso(self.start_us),
            "end": iso(self.end_us),
            "event_type": self.event_type,
            "user_id": self.user_id,
            "factor": self.factor,
            "events": self.events,
        }


def plant(scenario: Scenario) -> list[Anomaly]:
    """Choose the anomalies of a scenario: kinds in turn, each in its own equal part of the run.

    Each lasts ten minutes, or a third of its part where that is less.
    """
    random = scenario.random("anomalies")
    planted = []
    for number in range(scenario.anomalies):
        part = (scenario.end_us - scenario.start_us) / scenario.anomalies
        length = min(LONGEST_US, int(part / 3))
        start = scenario.start_us + int(number * part + random.random() * (part - length))
        anomaly = Anomaly(_KINDS[number % len(_KINDS)], start, start + length)
        if anomaly.kind == "burst":
            anomaly.event_type = TYPES[_BURSTS[number // len(_KINDS) % len(_BURSTS)]]
            anomaly.factor = BURST_FACTOR
        elif anomaly.kind == "bot":
            anomaly.event_type = "product_view"
            anomaly.user_id = f"user_bot_{number:02d}"
        else:
            anomaly.factor = 1 - OUTAGE_LOSS
        planted.append(anomaly)
    return planted


class Crowd:
    """Causes the events of a burst or a bot, at a constant rate."""

    def __init__(self, scenario: Scenario, population: Population, anomaly: Anomaly, number: int) -> None:
        random = scenario.random("crowds", number)
        self._anomaly = anomaly
        self._iso = IsoClock()
        self._wait = exponentials(random)
        # x is no hex digit, so this is no visit's id.
        self._prefix = f"{scenario.run}-x{number}"
        self._products = Catalogue(scenario.random("catalogue")).products
        rate = BOT_PER_SECOND
        if anomaly.user_id is None:
            middle = np.array([(anomaly.start_us + anomaly.end_us) / 2])
            share = population.shares_of_types()[str(anomaly.event_type)]
            rate = scenario.rate * share * float(Rhythm(scenario).factors(middle)[0]) * (BURST_FACTOR - 1)
        self._gap_us = 1e6 / rate

    def advance(self, at_us: int) -> tuple[CleanEvent, int]:
        """Return the event that happens now, and when the next one does (0: never)."""
        anomaly = self._anomaly
        anomaly.events += 1
        event_type = str(anomaly.event_type)
        event_id, timestamp = f"{self._prefix}-{anomaly.events}", self._iso(at_us)
        # Of a burst two events make a visitor; a bot goes on under one name.
        visitor = f"{self._prefix}-s{0 if anomaly.user_id else anomaly.events // 2}"
        who = f'"{anomaly.user_id}"' if anomaly.user_id else "null"
        properties = '"page":"/sale"'
        if event_type == "product_view":
            properties = self._products[anomaly.events % len(self._products)].described
        text = (
            f'{{"event_id":"{event_id}","event_type":"{event_type}","timestamp":"{timestamp}","user_id":{who},'
            f'"session_id":"{visitor}","properties":{{{properties}}},"context":{{"library":"{LIBRARY}",'
            f'"version":"{VERSION}","anonymous_id":"{visitor}","device":"desktop","country":"US"}},'
            f'"_metadata":{{"produced_at":"{timestamp}{ENDING}'
        )
        next_us = at_us + 1 + int(self._wait() * self._gap_us)
        event = CleanEvent(at_us, TOPIC_OF[event_type], anomaly.user_id or visitor, event_id, timestamp, text)
        return event, next_us if next_us < anomaly.end_us else 0


def without_lost(events: Iterator[CleanEvent], outages: list[Anomaly], scenario: Scenario) -> Iterator[CleanEvent]:
    """Leave out what is lost in the outages."""
    random = scenario.random("outages")
    for outage in outages:
        for event in events:
            if event.at_us >= outage.end_us:
                yield event
                break
            if event.at_us >= outage.start_us and random.random() < OUTAGE_LOSS:
                outage.events += 1
            else:
                yield event
    yield from events
