"""What happens is as probable as the truth says, in each class of probability."""

import math
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ingestion.simulator.ground_truth import GroundTruth
from ingestion.simulator.probability import SeenVisit, TrueProbability, visits_of
from ingestion.simulator.scenario import Scenario
from tests.unit.ingestion.simulator.conftest import START, Run, simulate

ASKED = timedelta(hours=1)


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Eight days of 400 visitors, three visits a day each, with no disorder."""
    return simulate(
        tmp_path_factory.mktemp("long"),
        users=400, rate=0.12, start=START, duration=timedelta(days=8), seed=5,
        late=0.0, too_late=0.0, out_of_order=0.0, duplicates=0.0, poison=0.0, anomalies=0,
    )  # fmt: skip


Answers = list[tuple[float, bool]]


def ask(
    run: Run, probability: Callable[..., float], happens: Callable[[dict[str, Any]], bool], every: timedelta,
    horizon: timedelta, active_within: timedelta,
) -> Answers:  # fmt: skip
    """Probability and outcome of every visitor who was active, at each cut-off; happens(event) is looked for."""
    history = defaultdict(list)
    for event in run.clean:
        history[event["context"]["anonymous_id"]].append(event)
    answers = []
    end = run.scenario.start + run.scenario.duration - horizon
    for user in run.truth.of("user"):
        # A newcomer's first page was seen before it had a name.
        events = history[user["anonymous_id"]]
        times = [event["timestamp"] for event in events]
        cutoff = run.scenario.start + timedelta(hours=12)
        while cutoff <= end:
            past, until = bisect_right(times, cutoff), bisect_right(times, cutoff + horizon)
            if past and times[past - 1] > cutoff - active_within:
                seen = ((event["session_id"], event["event_type"], event["timestamp"]) for event in events[:past])
                visits = visits_of(seen)
                outcome = any(map(happens, events[past:until]))
                answers.append((probability(user, cutoff, visits, horizon), outcome))
            cutoff += every
    return answers


def check_calibration(answers: Answers, classes: int) -> None:
    """In each class of probability the outcomes are as frequent as said, within four standard deviations."""
    answers = sorted(answers)
    for chosen in np.array_split(np.array(answers), classes):
        said, seen = chosen[:, 0], chosen[:, 1].sum()
        # Answers about one visitor at near moments hang together: half as many count.
        deviation = (2 * (said * (1 - said)).sum()) ** 0.5
        assert abs(seen - said.sum()) < 4 * deviation + 1, (said.mean(), seen / len(chosen), len(chosen))


def auc(answers: Answers) -> float:
    said = np.array([probability for probability, _ in answers])
    outcome = np.array([happened for _, happened in answers])
    order = np.argsort(np.argsort(said))
    positive = outcome.sum()
    return float((order[outcome].sum() - positive * (positive - 1) / 2) / (positive * (len(outcome) - positive)))


def test_purchase_is_calibrated_for_visitors_on_the_page(long: Run) -> None:
    probability = TrueProbability(long.truth).purchase
    horizon = timedelta(hours=24)
    answers = ask(
        long, probability, lambda event: event["event_type"] == "purchase", timedelta(hours=3), horizon, ASKED
    )
    assert len(answers) > 1500
    check_calibration(answers, 6)
    assert 0.65 < auc(answers) < 0.9


def test_silence_is_calibrated(long: Run) -> None:
    silence = TrueProbability(long.truth).silence
    horizon = timedelta(days=2)
    answers = ask(long, silence, lambda _event: True, timedelta(hours=9), horizon, timedelta(days=2))
    quiet = [(probability, not happened) for probability, happened in answers]
    assert len(quiet) > 1500
    check_calibration(quiet, 6)
    assert 0.75 < auc(quiet) < 0.98


def test_the_tasks_are_these_with_their_horizons(long: Run) -> None:
    probability = TrueProbability(long.truth)
    user = long.truth.of("user")[3]
    cutoff = START + timedelta(days=1)
    assert probability.purchase_24h(user, cutoff, []) == probability.purchase(user, cutoff, [], timedelta(hours=24))
    assert probability.churn_30d(user, cutoff, []) == probability.silence(user, cutoff, [], timedelta(days=30))


def test_what_moves_the_probability(long: Run) -> None:
    probability = TrueProbability(long.truth)
    user = long.truth.of("user")[3]
    cutoff = START + timedelta(days=1)

    def seen(seconds: float, event_type: str, cart: int) -> list[SeenVisit]:
        last = cutoff - timedelta(seconds=seconds)
        return [SeenVisit(last - timedelta(minutes=2), last, event_type, cart)]

    buys = [
        probability.purchase_24h(user, cutoff, seen(*state))
        for state in ((5000, "page_view", 0), (5, "page_view", 0), (5, "add_to_cart", 1), (5, "checkout", 1))
    ]
    assert buys == sorted(set(buys))
    churns = [probability.churn_30d(user, cutoff, seen(days * 86_400, "page_view", 0)) for days in (0.1, 1, 3, 9)]
    assert churns == sorted(set(churns))
    assert probability.coming(user, cutoff, []) == 1
    (login,) = seen(3, "user_login", 0)
    assert probability.silence(user, cutoff, [login], timedelta(seconds=1)) == 0


@pytest.mark.parametrize("drop", [0.003, 0.1, 0.6])
@pytest.mark.parametrize("hours", [1, 24, 240])
def test_later_purchases_are_the_sum_over_the_numbers_of_visits(drop: float, hours: int) -> None:
    scenario = Scenario(start=START, duration=timedelta(days=30), flat=True)
    truth = GroundTruth({"scenario": scenario.as_json(), "visits_per_second": 0.001}, {})
    p, share = 0.2, 0.03
    user = {"propensity": 0.65, "purchase_per_visit": p, "share_of_visits": share, "drop": drop}
    visits = 0.001 * share * hours * 3600
    none, number, poisson, unbought = 0.0, 0, math.exp(-visits), 1.0
    while number < 200:
        none += poisson * unbought
        number += 1
        poisson *= visits / number
        # The first of them buys nothing, and is the last or followed by one less.
        unbought = (1 - p) * (drop + (1 - drop) * unbought)
    found = TrueProbability(truth).purchase(user, START + timedelta(days=1), [], timedelta(hours=hours))
    assert found == pytest.approx(1 - none, rel=1e-9)


def test_visits_of_a_history() -> None:
    at = [START + timedelta(seconds=second) for second in range(6)]
    found = visits_of(
        [
            ("a", "page_view", at[0]), ("a", "product_view", at[1]), ("b", "user_login", at[2]),
            ("a", "add_to_cart", at[3]), ("a", "video_played", at[4]), ("b", "page_view", at[5]),
        ]
    )  # fmt: skip
    assert found == [SeenVisit(at[0], at[4], "video_played", 1), SeenVisit(at[2], at[5], "page_view", 0)]
    emptied = visits_of([("a", "add_to_cart", at[0]), ("a", "checkout", at[1]), ("a", "purchase", at[2])])
    assert emptied == [SeenVisit(at[0], at[2], "purchase", 0)]


def test_the_file_alone_is_enough(long: Run, tmp_path: Path) -> None:
    copied = tmp_path / "copy.truth.jsonl"
    copied.write_bytes((long.path.parent / "run.truth.jsonl").read_bytes())
    truth = GroundTruth.read(copied, frozenset({"user"}))
    user = truth.of("user")[0]
    cutoff = datetime.fromisoformat("2026-03-04T00:00:00+00:00")
    assert 0 < TrueProbability(truth).purchase_24h(user, cutoff, []) < 1
