from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ingestion.interrupt import Stop
from ingestion.simulator.disorder import Record
from ingestion.simulator.ground_truth import GroundTruth, TruthWriter
from ingestion.simulator.scenario import Scenario
from ingestion.simulator.simulation import Simulation
from tests.unit.ingestion.simulator.conftest import START, Run


def test_the_same_scenario_gives_the_same_bytes(small: Callable[..., Run]) -> None:
    first, second = small("a"), small("b")
    assert first.path.read_bytes() == second.path.read_bytes()
    assert (first.path.parent / "a.truth.jsonl").read_bytes() == (second.path.parent / "b.truth.jsonl").read_bytes()


@pytest.mark.parametrize(
    "change", [{"seed": 8}, {"start": START + timedelta(seconds=1)}, {"rate": 25.1}, {"users": 301}]
)
def test_another_scenario_shares_no_event(small: Callable[..., Run], change: dict[str, Any]) -> None:
    def ids(run: Run) -> set[str]:
        return {event["event_id"] for event in run.clean}

    assert not ids(small("a")) & ids(small("b", **change))


def test_visitors_stay_the_same_at_another_start(small: Callable[..., Run]) -> None:
    def latent(run: Run) -> dict[str, tuple[Any, ...]]:
        return {
            user["anonymous_id"]: (user["user_id"], user["propensity"], user["share_of_visits"], user["drop"])
            for user in run.truth.of("user")
            if user["joined_at"] is None
        }

    assert latent(small("a")) == latent(small("b", start=START + timedelta(days=3), rate=5.0))
    assert latent(small("a")) != latent(small("c", seed=8))


def test_the_clean_events_are_the_same_at_any_disorder(small: Callable[..., Run]) -> None:
    calm = {"late": 0.0, "too_late": 0.0, "out_of_order": 0.0, "duplicates": 0.0, "poison": 0.0}
    wild = {"late": 0.3, "too_late": 0.1, "out_of_order": 0.3, "duplicates": 0.2, "poison": 0.2}
    runs = [small("calm", **calm), small("wild", **wild)]
    for run in runs:
        times = [event["timestamp"] for event in run.clean]
        assert len({event["event_id"] for event in run.clean}) == len(times) == run.report.clean
    by_id = [{event["event_id"]: event for event in run.clean} for run in runs]
    assert by_id[0] == by_id[1]
    times = [arrival.event["timestamp"] for arrival in runs[0].arrivals]
    assert times == sorted(times)


def test_the_rate_is_that_of_the_scenario(run: Run, orderly: Run) -> None:
    for found in (run, orderly):
        scenario = found.scenario
        wanted = scenario.rate * scenario.duration.total_seconds()
        added = sum(
            anomaly["events"] * (-1 if anomaly["anomaly"] == "outage" else 1) for anomaly in found.truth.of("anomaly")
        )
        # A visit brings 8.5 events at once, so they spread about four times as wide as single events would.
        assert abs(found.report.clean - added - wanted) < 4 * 4 * wanted**0.5
        assert len(found.clean) == found.report.clean
        end = scenario.start + scenario.duration
        assert all(scenario.start <= event["timestamp"] < end for event in found.clean)


def test_the_stream_begins_in_mid_traffic(orderly: Run) -> None:
    first = orderly.clean[: len(orderly.clean) // 200]
    shares = Counter(event["event_type"] for event in first)
    assert shares["page_view"] < 0.5 * len(first)


def test_the_header_counts_what_is_there(run: Run) -> None:
    header = run.truth.header
    assert header["records"] == len(run.values) == run.report.records
    assert header["clean_events"] == len(run.clean)
    assert header["complete"] is True
    assert Scenario.from_json(header["scenario"]) == run.scenario
    topics = Counter(arrival.topic for arrival in run.arrivals) + Counter(
        note["topic"] for note in run.truth.of("poison")
    )
    assert header["per_topic"] == dict(topics)
    for kind, name in {"late": "late", "too_late": "too_late", "duplicate": "duplicates", "poison": "poison"}.items():
        assert header[name] == len(run.truth.of(kind))
    users = run.truth.of("user")
    assert header["visitors"] == len(users)
    assert header["churned"] == sum(user["churned_at"] is not None for user in users)


class StopsAfter:
    """Takes records until the given number, then has Ctrl-C pressed."""

    def __init__(self, stop: Stop, records: int) -> None:
        self.taken: list[Record] = []
        self._stop = stop
        self._records = records

    def send(self, record: Record) -> bool:
        if self._stop.requested:
            return False
        self.taken.append(record)
        self._stop.requested = len(self.taken) >= self._records
        return True

    def finish(self) -> None:
        self.taken.append(self.taken[-1])


def test_ctrl_c_ends_with_a_truth_that_fits_what_was_sent(tmp_path: Path) -> None:
    scenario = Scenario(users=300, rate=50, start=START, duration=timedelta(minutes=10), seed=3)
    stop = Stop()
    output = StopsAfter(stop, 1000)
    path = tmp_path / "x.truth.jsonl"
    with TruthWriter(path) as writer:
        report = Simulation(scenario).run(output, writer, stop)
    sent = output.taken[:-1]  # the last one says that it was finished
    truth = GroundTruth.read(path)
    assert report.complete is truth.header["complete"] is False
    assert report.records == truth.header["records"] == len(sent) < 1300
    for kind in ("late", "too_late", "duplicate", "poison"):
        lines = [line for line, record in enumerate(sent, 1) if record.note and record.note["kind"] == kind]
        assert [note["line"] for note in truth.of(kind)] == lines
    reached = truth.header["reached"]
    assert all(anomaly["start"] <= reached for anomaly in truth.of("anomaly"))
    assert truth.of("user")


def test_without_users_the_truth_has_none(tmp_path: Path) -> None:
    scenario = Scenario(users=30, rate=5, start=START, duration=timedelta(minutes=1))
    stop = Stop()
    with TruthWriter(tmp_path / "x.truth.jsonl") as writer:
        Simulation(scenario).run(StopsAfter(stop, 10**9), writer, stop, users=False)
    truth = GroundTruth.read(tmp_path / "x.truth.jsonl")
    assert truth.of("user") == []
    assert truth.header["users_listed"] is False
    assert truth.header["visitors"] >= 30
