"""Disorder: what the way to Kafka does to clean events."""

from collections.abc import Iterable, Iterator
from heapq import heappop, heappush
from typing import Any, NamedTuple

import numpy as np

from ingestion.simulator.clean_event import CleanEvent, IsoClock
from ingestion.simulator.draws import choices, uniforms
from ingestion.simulator.partition import partition_of
from ingestion.simulator.poison import KINDS
from ingestion.simulator.scenario import Scenario
from ingestion.topics import EVENT_TOPICS, Topic

LEAST_LATE, MOST_LATE = 30.0, 570.0
"""Seconds that a late event is under way."""

LEAST_TOO_LATE, MOST_TOO_LATE = 900.0, 7200.0
"""Seconds by which a too late event lies behind the newest event of its partition, at least and at most."""

LONGEST_JITTER = 3.0
LONGEST_DUPLICATE = 300.0

_BLOCK = 4096
_LATE, _JITTER, _TOO_LATE, _DUPLICATE, _POISON = 1, 2, 4, 8, 16


class Record(NamedTuple):
    """One record on its way to Kafka; ``note`` is its line in the ground truth, None for a plain event."""

    send_us: int
    """When it is sent, on the stream's clock, in microseconds since 1970 (UTC)."""

    topic: Topic
    key: str
    value: bytes
    note: dict[str, Any] | None


class Disorder:
    """Sends each clean event once, on time or later, and adds duplicates, too late events and poison.

    No clean event is changed or lost, so they are the same at any disorder. What is still under way at the end
    of the run follows at once, in its order.
    """

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self._random = scenario.random("disorder")
        self._uniform = uniforms(scenario.random("disorder", 1))
        self._under_way: list[tuple[int, int, Record]] = []
        self._numbers = 0
        self._iso = IsoClock()
        poison = scenario.random("poison")
        # Each kind once at first, so that a short run has them all.
        self._first_kinds: list[int] = poison.permutation(len(KINDS)).tolist()
        self._kind = choices(poison, [kind.weight for kind in KINDS])
        self._topic = choices(poison, [1] * len(EVENT_TOPICS))
        self._poisoned = 0

    def __call__(self, events: Iterable[CleanEvent]) -> Iterator[Record]:
        """Give the records in the order in which they are sent."""
        under_way = self._under_way
        fates = self._fates()
        for event in events:
            while under_way and under_way[0][0] <= event.at_us:
                yield heappop(under_way)[2]
            fate = next(fates)
            if not fate:
                yield Record(event.at_us, event.topic, event.key, event.text.encode(), None)
                continue
            yield from self._disturbed(event, fate)
        while under_way:
            yield heappop(under_way)[2]

    def _disturbed(self, event: CleanEvent, fate: int) -> Iterator[Record]:
        at_us, topic, key = event.at_us, event.topic, event.key
        value = event.text.encode()
        delay_us = 0
        # An event of the last half minute cannot come half a minute late.
        if fate & _LATE and at_us + LEAST_LATE * 1e6 < self._scenario.end_us:
            delay_us = self._between(LEAST_LATE, MOST_LATE)
            note = self._note("late", event) | {
                "delay_seconds": (min(at_us + delay_us, self._scenario.end_us) - at_us) / 1e6
            }
            self._delay(Record(at_us + delay_us, topic, key, value, note))
        elif fate & _JITTER:
            delay_us = self._between(0, LONGEST_JITTER)
            self._delay(Record(at_us + delay_us, topic, key, value, None))
        else:
            yield Record(at_us, topic, key, value, None)
            if fate & _TOO_LATE:
                yield self._too_late(event)
        if fate & _DUPLICATE:
            longest = min(LONGEST_DUPLICATE, MOST_LATE - delay_us / 1e6)
            again_us = at_us + delay_us + self._between(0, longest)
            self._delay(Record(again_us, topic, key, value, self._note("duplicate", event)))
        if fate & _POISON:
            yield self._poison(event)

    def _too_late(self, event: CleanEvent) -> Record:
        """Another event of the same visit that happened long before; it follows one of its own partition."""
        event_id = f"{event.event_id}z"
        behind_us = self._between(LEAST_TOO_LATE, MOST_TOO_LATE)
        timestamp = self._iso(event.at_us - behind_us)
        text = event.text.replace(f'{event.event_id}"', f'{event_id}"').replace(event.timestamp, timestamp)
        note = self._note("too_late", event) | {"event_id": event_id, "behind_seconds": behind_us / 1e6}
        return Record(event.at_us, event.topic, event.key, text.encode(), note)

    def _poison(self, event: CleanEvent) -> Record:
        number = self._first_kinds.pop() if self._first_kinds else self._kind()
        kind = KINDS[number]
        self._poisoned += 1
        topic = EVENT_TOPICS[self._topic()]
        value = kind.write(f"{self._scenario.run}-p{self._poisoned}", event.timestamp)
        note = {
            "kind": "poison",
            "error_code": kind.error_code,
            "poison": kind.kind,
            "topic": topic.name,
            "partition": partition_of(topic, event.key),
            "key": event.key,
        }
        return Record(event.at_us, topic, event.key, value, note)

    @staticmethod
    def _note(kind: str, event: CleanEvent) -> dict[str, Any]:
        return {
            "kind": kind,
            "event_id": event.event_id,
            "topic": event.topic.name,
            "partition": partition_of(event.topic, event.key),
            "key": event.key,
        }

    def _delay(self, record: Record) -> None:
        self._numbers += 1
        heappush(self._under_way, (record.send_us, self._numbers, record))

    def _between(self, least: float, most: float) -> int:
        return 1 + int((least + (most - least) * self._uniform()) * 1e6)

    def _fates(self) -> Iterator[int]:
        scenario = self._scenario
        way = np.cumsum([scenario.late, scenario.out_of_order, scenario.too_late])
        bits = np.array([_LATE, _JITTER, _TOO_LATE, 0])
        while True:
            drawn = self._random.random((3, _BLOCK))
            fate = bits[np.searchsorted(way, drawn[0], side="right")]
            fate |= np.where(drawn[1] < scenario.duplicates, _DUPLICATE, 0)
            fate |= np.where(drawn[2] < scenario.poison, _POISON, 0)
            yield from fate.tolist()
