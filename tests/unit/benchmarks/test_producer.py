"""Rates and ratios of the producers, by hand."""

import pytest

from benchmarks import producer
from benchmarks.producer import OURS, WAITING, Round


def test_the_ratio_is_that_of_the_median_rates() -> None:
    rounds = {
        OURS: [Round(1000, 0.1, 0.05), Round(1000, 0.05, 0.04), Round(1000, 1.0, 0.06)],
        WAITING: [Round(100, 0.1, 0.03), Round(100, 0.2, 0.02), Round(100, 0.125, 0.01)],
    }
    first, *others = producer.report(rounds).results
    assert first.figure == pytest.approx(10_000 / 800)
    assert first.met is True
    assert [result.figure for result in others] == pytest.approx([10_000, 800, 50, 200])


def test_a_missed_goal() -> None:
    rounds = {OURS: [Round(990, 1.0, 0.1)], WAITING: [Round(100, 1.0, 0.1)]}
    assert producer.report(rounds).results[0].met is False
