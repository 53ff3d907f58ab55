"""A simulation: the traffic, the disorder, and the ground truth of one run."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from ingestion.interrupt import Stop
from ingestion.simulator.clean_event import CleanEvent, IsoClock
from ingestion.simulator.disorder import Disorder
from ingestion.simulator.funnel import GRADES, chain
from ingestion.simulator.ground_truth import TruthWriter
from ingestion.simulator.output import Output
from ingestion.simulator.planted import Crowd, plant, without_lost
from ingestion.simulator.population import Population, Visitor
from ingestion.simulator.scenario import Scenario
from ingestion.simulator.traffic import Traffic

_CHECK_EVERY = 16
_PROGRESS_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class SimulationReport:
    """What was sent. ``records`` = ``clean`` + too_late + duplicate + poison; late ones are clean events."""

    complete: bool
    records: int
    clean: int
    counts: dict[str, int]
    error_codes: dict[str, int]
    per_topic: dict[str, int]
    last_us: int
    """Stream time reached, in microseconds since 1970."""

    seconds: float

    def as_json(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        return {
            "complete": self.complete,
            "records": self.records,
            "clean_events": self.clean,
            "late": self.counts.get("late", 0),
            "too_late": self.counts.get("too_late", 0),
            "duplicates": self.counts.get("duplicate", 0),
            "poison": self.counts.get("poison", 0),
            "error_codes": dict(sorted(self.error_codes.items())),
            "anomalies": self.counts.get("anomaly", 0),
            "visitors": self.counts.get("visitor", 0),
            "churned": self.counts.get("churned", 0),
            "per_topic": dict(sorted(self.per_topic.items())),
            "reached": IsoClock()(self.last_us),
            "seconds": round(self.seconds, 3),
        }


class Simulation:
    """One run of a scenario; run it once."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.anomalies = plant(scenario)
        self.population = Population(scenario)
        crowds = [
            (anomaly.start_us, Crowd(scenario, self.population, anomaly, number))
            for number, anomaly in enumerate(self.anomalies)
            if anomaly.kind != "outage"
        ]
        self.traffic = Traffic(scenario, self.population, crowds)

    def clean_events(self) -> Iterator[CleanEvent]:
        """Give the clean events by event time."""
        outages = [anomaly for anomaly in self.anomalies if anomaly.kind == "outage"]
        events = iter(self.traffic)
        return without_lost(events, outages, self.scenario) if outages else events

    def run(
        self,
        output: Output,
        truth: TruthWriter,
        stop: Stop,
        users: bool = True,
        progress: Callable[[int, int], None] = lambda _records, _at_us: None,
    ) -> SimulationReport:
        """Send everything to the output and write the ground truth; ends early, and cleanly, when told to stop.

        ``users`` False leaves the visitors out of the ground truth. ``progress`` is called now and then with the
        records sent and the stream time (microseconds since 1970). Raises what the output raises; then the ground
        truth has no header.
        """
        begun = time.monotonic()
        next_progress = begun
        topics: Counter[str] = Counter()
        last_us = self.scenario.start_us
        complete = False
        for record in Disorder(self.scenario)(self.clean_events()):
            if not output.send(record):
                break
            truth.sent(record)
            topics[record.topic.name] += 1
            last_us = record.send_us
            if truth.records % _CHECK_EVERY == 0:
                if stop.requested:
                    break
                if time.monotonic() >= next_progress:
                    progress(truth.records, last_us)
                    next_progress = time.monotonic() + _PROGRESS_SECONDS
        else:
            complete = True
        output.finish()
        last_us = self.scenario.end_us if complete else min(last_us, self.scenario.end_us)
        progress(truth.records, last_us)
        truth.add(anomaly.as_json() for anomaly in self.anomalies if anomaly.start_us <= last_us)
        counts = dict(truth.counts) | self._visitor_counts()
        if users:
            truth.add(map(self._line, self._seen()))
        added = sum(counts.get(kind, 0) for kind in ("too_late", "duplicate", "poison"))
        report = SimulationReport(
            complete,
            truth.records,
            truth.records - added,
            counts,
            dict(truth.error_codes),
            dict(topics),
            last_us,
            time.monotonic() - begun,
        )
        described = {name: value for name, value in report.as_json().items() if name != "seconds"}
        truth.close({"scenario": self.scenario.as_json(), "users_listed": users, **self._model(), **described})
        return report

    def _model(self) -> dict[str, Any]:
        """What the probabilities need besides a visitor's own values."""
        return {
            "run": self.scenario.run,
            "visits_per_second": self.traffic.visits_per_second,
            "visits_under_way": self.traffic.under_way,
        }

    def _seen(self) -> Iterator[Visitor]:
        return (visitor for visitor in self.population.visitors if visitor.joined_us is None or visitor.visits)

    def _visitor_counts(self) -> dict[str, int]:
        visitors = list(self._seen())
        churned = sum(visitor.churned_us is not None for visitor in visitors)
        return {"visitor": len(visitors), "churned": churned}

    def _line(self, visitor: Visitor) -> dict[str, Any]:
        population, slot, iso = self.population, visitor.slot, IsoClock()
        grade = int(population.grade[slot])
        return {
            "kind": "user",
            "user_id": visitor.user_id,
            "anonymous_id": visitor.anonymous_id,
            "propensity": (grade + 0.5) / GRADES,
            "purchase_per_visit": chain(grade).purchase,
            "share_of_visits": float(population.share[slot]),
            "drop": float(population.drop[slot]),
            "joined_at": None if visitor.joined_us is None else iso(visitor.joined_us),
            "churned_at": None if visitor.churned_us is None else iso(visitor.churned_us),
            "visits": visitor.visits,
        }
