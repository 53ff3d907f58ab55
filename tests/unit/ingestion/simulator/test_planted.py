from collections import Counter
from datetime import datetime, timedelta

import pytest

from ingestion.simulator.planted import plant
from ingestion.simulator.scenario import Scenario
from tests.unit.ingestion.simulator.conftest import START, Run


def within(run: Run, start: datetime, end: datetime) -> list[dict[str, object]]:
    return [event for event in run.clean if start <= event["timestamp"] < end]


def span(anomaly: dict[str, str]) -> tuple[datetime, datetime]:
    return datetime.fromisoformat(anomaly["start"]), datetime.fromisoformat(anomaly["end"])


def test_a_burst_multiplies_its_type_by_five(run: Run) -> None:
    (burst,) = [anomaly for anomaly in run.truth.of("anomaly") if anomaly["anomaly"] == "burst"]
    start, end = span(burst)
    after = end, end + (end - start)
    counts = [Counter(event["event_type"] for event in within(run, *times)) for times in (after, (start, end))]
    ratio = counts[1][burst["event_type"]] / counts[0][burst["event_type"]]
    assert ratio == pytest.approx(5, rel=0.12)
    others = [sum(count.values()) - count[burst["event_type"]] for count in counts]
    assert others[1] / others[0] == pytest.approx(1, rel=0.15)
    extra = [event for event in run.clean if event["event_id"].split("-")[1].startswith("x0")]
    assert len(extra) == burst["events"]
    assert all(start <= event["timestamp"] < end and event["user_id"] is None for event in extra)


def test_a_bot_has_thousands_of_events_an_hour(run: Run) -> None:
    (bot,) = [anomaly for anomaly in run.truth.of("anomaly") if anomaly["anomaly"] == "bot"]
    start, end = span(bot)
    events = [event for event in run.clean if event["user_id"] == bot["user_id"]]
    assert len(events) == bot["events"]
    assert all(start <= event["timestamp"] < end for event in events)
    assert len(events) / ((end - start) / timedelta(hours=1)) == pytest.approx(3 * 3600, rel=0.2)


def test_in_an_outage_a_tenth_is_left(run: Run) -> None:
    (outage,) = [anomaly for anomaly in run.truth.of("anomaly") if anomaly["anomaly"] == "outage"]
    start, end = span(outage)
    left = len(within(run, start, end))
    assert left / (left + outage["events"]) == pytest.approx(0.1, abs=0.02)
    before = len(within(run, start - (end - start), start))
    assert left / before == pytest.approx(0.1, abs=0.03)


@pytest.mark.parametrize("minutes", [1, 30, 5000])
@pytest.mark.parametrize("count", [0, 1, 3, 17])
def test_anomalies_lie_apart_in_the_run(minutes: int, count: int) -> None:
    scenario = Scenario(start=START, duration=timedelta(minutes=minutes), anomalies=count)
    planted = plant(scenario)
    assert len(planted) == count
    end = scenario.start_us
    for number, anomaly in enumerate(planted):
        assert end <= anomaly.start_us < anomaly.end_us <= scenario.end_us
        assert anomaly.end_us - anomaly.start_us <= 600 * 10**6
        assert anomaly.kind == ("burst", "bot", "outage")[number % 3]
        end = anomaly.end_us


def test_none_when_none_is_wanted(orderly: Run) -> None:
    assert orderly.truth.of("anomaly") == []
