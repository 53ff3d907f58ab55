from collections import Counter
from datetime import datetime

import numpy as np
import pytest

from ingestion.simulator.population import Population
from ingestion.simulator.scenario import Scenario
from tests.unit.ingestion.simulator.conftest import Run


@pytest.mark.parametrize("users", [1, 3, 700, 20_000])
def test_shares_are_skewed_but_not_absurd(users: int) -> None:
    share = np.sort(Population(Scenario(users=users)).share)[::-1]
    assert share.sum() == pytest.approx(1)
    assert share[0] <= max(0.008, 5 / users) * 1.001
    if users > 100:
        top = share[: users // 5].sum()
        assert 0.4 < top < 0.7


def test_no_user_has_a_hundredth_of_the_events(orderly: Run) -> None:
    events = Counter(event["context"]["anonymous_id"] for event in orderly.clean)
    total = sum(events.values())
    counts = sorted(events.values(), reverse=True)
    assert counts[0] < 0.015 * total
    # The most active fifth of 1,000 visitors.
    assert 0.4 < sum(counts[:200]) / total < 0.75


def test_latent_values_hang_together() -> None:
    population = Population(Scenario(users=20_000))
    correlation = np.corrcoef(np.log(population.share), population.grade)[0, 1]
    assert 0.45 < correlation < 0.7
    assert np.corrcoef(population.drop, population.grade)[0, 1] < -0.2
    assert 0.02 < np.median(population.drop) < 0.05
    assert 0.28 < population.anonymous.mean() < 0.32
    assert set(population.grade.tolist()) == set(range(10))


def test_nobody_comes_after_the_last_visit_and_newcomers_after_they_joined(orderly: Run) -> None:
    began: dict[str, list[datetime]] = {}
    sessions = set()
    under_way = orderly.truth.header["visits_under_way"]
    for event in orderly.clean:
        session = event["session_id"]
        if session not in sessions:
            sessions.add(session)
            if int(session.rsplit("-", 1)[1], 16) > under_way:
                began.setdefault(event["context"]["anonymous_id"], []).append(event["timestamp"])
    churned = joined = visits = dropped = 0
    for user in orderly.truth.of("user"):
        starts = began.get(user["anonymous_id"], [])
        visits += user["visits"]
        if user["churned_at"] is not None:
            churned += 1
            assert all(start <= datetime.fromisoformat(user["churned_at"]) for start in starts)
        if user["joined_at"] is not None:
            joined += 1
            assert starts[0] == datetime.fromisoformat(user["joined_at"])
        dropped += user["visits"] * user["drop"]
    assert visits == len(sessions) or visits - len(sessions) < 10  # visits that began in the last moment
    assert churned > 50
    # The hazard is what the truth says.
    assert abs(churned - dropped) < 4 * dropped**0.5
    assert 0 < joined <= churned
