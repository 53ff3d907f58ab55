"""One simulated run that the tests look at, with everything in it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import orjson
import pytest

from ingestion.interrupt import Stop
from ingestion.simulator.ground_truth import GroundTruth, TruthWriter
from ingestion.simulator.output import FileOutput
from ingestion.simulator.scenario import Scenario
from ingestion.simulator.simulation import Simulation, SimulationReport
from ingestion.topics import topic_of

START = datetime(2026, 3, 1, 9, tzinfo=UTC)


@dataclass(frozen=True)
class Arrival:
    """One line of the output as a reader sees it."""

    line: int
    value: bytes
    event: dict[str, Any]
    topic: str
    key: str


@dataclass
class Run:
    """The output of a run, read by nothing that wrote it."""

    scenario: Scenario
    report: SimulationReport
    path: Path
    truth: GroundTruth

    @cached_property
    def values(self) -> list[bytes]:
        return self.path.read_bytes().split(b"\n")[:-1]

    @cached_property
    def poison_lines(self) -> set[int]:
        return {note["line"] for note in self.truth.of("poison")}

    @cached_property
    def arrivals(self) -> list[Arrival]:
        """All but the poison, in order."""
        found = []
        for line, value in enumerate(self.values, start=1):
            if line not in self.poison_lines:
                event = orjson.loads(value)
                event["timestamp"] = datetime.fromisoformat(event["timestamp"])
                key = event["user_id"] or event["session_id"]
                found.append(Arrival(line, value, event, topic_of(event["event_type"]).name, key))
        return found

    @cached_property
    def clean(self) -> list[dict[str, Any]]:
        """What counts, each once, by event time."""
        added = {note["line"] for kind in ("duplicate", "too_late") for note in self.truth.of(kind)}
        events = [arrival.event for arrival in self.arrivals if arrival.line not in added]
        return sorted(events, key=lambda event: event["timestamp"])


def simulate(folder: Path, name: str = "run", **parameters: Any) -> Run:
    values = {"users": 4000, "rate": 25.0, "start": START, "duration": timedelta(minutes=30), "seed": 7} | parameters
    scenario = Scenario(**values)
    path, truth = folder / f"{name}.jsonl", folder / f"{name}.truth.jsonl"
    with FileOutput(path) as output, TruthWriter(truth) as writer:
        report = Simulation(scenario).run(output, writer, Stop())
    return Run(scenario, report, path, GroundTruth.read(truth))


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return simulate(tmp_path_factory.mktemp("simulated"))


@pytest.fixture(scope="session")
def orderly(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Without disorder and anomalies; several hours, so that the rhythm shows."""
    return simulate(
        tmp_path_factory.mktemp("orderly"),
        users=1000,
        rate=0.6,
        start=datetime(2026, 3, 1, tzinfo=UTC),
        duration=timedelta(days=1),
        late=0.0,
        too_late=0.0,
        out_of_order=0.0,
        duplicates=0.0,
        poison=0.0,
        anomalies=0,
    )


@pytest.fixture
def small(tmp_path: Path) -> Callable[..., Run]:
    return lambda name="run", **parameters: simulate(
        tmp_path, name, **{"users": 300, "duration": timedelta(minutes=2)} | parameters
    )
