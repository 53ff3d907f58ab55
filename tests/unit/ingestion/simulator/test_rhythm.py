import math
from collections import Counter
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.simulator.rhythm import HIGHEST, Rhythm, curve
from ingestion.simulator.scenario import Scenario, microseconds
from tests.unit.ingestion.simulator.conftest import Run

DAY = datetime(2026, 3, 1, tzinfo=UTC)


def at(hour: float) -> float:
    return microseconds(DAY + timedelta(hours=hour))


def formula(hour: float) -> float:
    return 1 + 0.6 * math.cos(2 * math.pi * (hour - 16) / 24) + 0.15 * math.cos(4 * math.pi * (hour - 20) / 24)


def test_the_curve_is_the_one_in_the_documentation() -> None:
    hours = np.arange(0, 48, 0.25)
    found = curve(np.array([at(hour) for hour in hours]))
    assert found == pytest.approx([formula(hour) for hour in hours], abs=1e-6)
    assert found.mean() == pytest.approx(1)
    assert 0.25 < found.min() < 0.35
    assert 1.5 < found.max() <= HIGHEST


@given(st.floats(0, 24), st.floats(0.01, 60), st.floats(0, 1), st.floats(0, 1), st.booleans())
def test_areas_are_integrals_and_the_mean_of_a_run_is_one(
    hour: float, hours: float, first: float, second: float, flat: bool
) -> None:
    start = DAY + timedelta(hours=hour)
    scenario = Scenario(start=start, duration=timedelta(hours=hours), flat=flat)
    rhythm = Rhythm(scenario)
    assert rhythm.area(scenario.start_us, scenario.end_us) == pytest.approx(hours * 3600, rel=1e-6)
    low, high = sorted((first, second))
    span = scenario.end_us - scenario.start_us
    ends = scenario.start_us + int(low * span), scenario.start_us + int(high * span)
    steps = 2000
    middles = ends[0] + (np.arange(steps) + 0.5) * (ends[1] - ends[0]) / steps
    sums = rhythm.factors(middles).mean() * (ends[1] - ends[0]) / 1e6
    assert rhythm.area(*ends) == pytest.approx(sums, rel=1e-3, abs=1e-3)
    assert rhythm.factors(middles).max() <= rhythm.highest * (1 + 1e-9)


def test_events_follow_the_curve(orderly: Run) -> None:
    hours = Counter(event["timestamp"].hour for event in orderly.clean)
    total = len(orderly.clean)
    for hour in range(24):
        wanted = total / 24 * np.mean([formula(hour + part / 10) for part in range(10)])
        assert abs(hours[hour] - wanted) < 5 * 4 * wanted**0.5, hour
    assert hours[3] < 0.4 * hours[18]
