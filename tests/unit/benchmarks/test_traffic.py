"""The simulated traffic of the benchmarks."""

import json
from datetime import UTC, datetime

import pytest

from benchmarks import traffic
from ingestion.errors import ShopstreamError


def test_exactly_as_many_valid_events_as_asked_for_none_in_the_future() -> None:
    begun = datetime.now(UTC)
    events = [json.loads(record.value) for record in traffic.records(3000, **traffic.CLEAN)]
    assert len({event["event_id"] for event in events}) == 3000
    times = [datetime.fromisoformat(event["timestamp"]) for event in events]
    assert times == sorted(times)
    assert times[-1] < begun


def test_a_slow_traffic_lasts_longer() -> None:
    events = [json.loads(record.value) for record in traffic.records(3000, rate=10, users=200, **traffic.CLEAN)]
    first, last = (datetime.fromisoformat(event["timestamp"]) for event in (events[0], events[-1]))
    assert (last - first).total_seconds() == pytest.approx(300, rel=0.2)


def test_disorder_unless_clean() -> None:
    kinds = {record.note["kind"] for record in traffic.records(3000, rate=5) if record.note}
    assert {"poison", "duplicate", "late"} <= kinds


def test_a_traffic_that_is_too_thin(monkeypatch: pytest.MonkeyPatch) -> None:
    few = traffic.scenario(10)
    monkeypatch.setattr(traffic, "scenario", lambda *_arguments, **_values: few)
    with pytest.raises(ShopstreamError, match="choose more users"):
        list(traffic.records(1_000_000, **traffic.CLEAN))
