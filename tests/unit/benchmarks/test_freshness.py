"""The distribution of known times."""

from typing import Any

import pytest

from benchmarks import freshness
from benchmarks.probes import Probe
from ingestion.errors import ShopstreamError

DETAILS: dict[str, Any] = {
    "wanted_rate": 2000.0,
    "rate": 1990.0,
    "unread": 10,
    "checkpoints": 6,
    "cores": {"broker": 0.2},
}


def probes(*milliseconds: float) -> list[Probe]:
    return [Probe("u", 1, 0, 100.0, 100 + (each - 3) / 1000, 100 + each / 1000) for each in milliseconds]


def test_the_figures_are_of_the_values_that_were_read() -> None:
    found = freshness.report(probes(*range(1, 201), 900), 0, DETAILS)
    figures = {result.name: result for result in found.results}
    median = figures["send to value through Feast, median"]
    assert (median.figure, median.met) == (pytest.approx(101), True)
    assert figures["send to value through Feast, 99th percentile"].figure == pytest.approx(199)
    assert figures["send to value through Feast, longest"].figure == pytest.approx(900)
    assert figures["of it until the row is in the store, median"].figure == pytest.approx(98)
    assert all(result.met is not False for result in found.results)


def test_every_probe_is_in_one_bar() -> None:
    histogram = freshness.report(probes(5, 15, 15, 29_000), 0, DETAILS).details["histogram"]
    assert {name: count for name, count in histogram.items() if count} == {
        "up to 10 ms": 1,
        "up to 20 ms": 2,
        "up to 30000 ms": 1,
    }


def test_a_lost_probe_a_slow_load_and_no_checkpoint_miss_the_goals() -> None:
    found = freshness.report(probes(*[10] * 200), 1, {**DETAILS, "rate": 1000.0, "checkpoints": 0})
    assert [result.name for result in found.results if result.met is False] == [
        "probes that did not come through",
        "events a second, sent",
        "checkpoints meanwhile",
    ]


def test_when_nothing_came_through_it_is_said() -> None:
    with pytest.raises(ShopstreamError, match="None of 7 probes"):
        freshness.report([], 7, DETAILS)
