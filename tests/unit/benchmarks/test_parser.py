"""What is subtracted from what, by hand."""

import pytest

from benchmarks import parser
from benchmarks.parser import JSON, JSON_TEXT, OURS, RAW, WHOLE, Round

ROUNDS = {
    RAW: [Round(1.0, 3.0), Round(1.0, 4.0), Round(1.0, 3.0)],
    OURS: [Round(2.0, 5.5), Round(1.0, 5.5), Round(2.0, 6.0)],
    JSON: [Round(1.0, 9.0), Round(1.0, 10.0), Round(1.0, 7.0)],
    WHOLE: [Round(1.0, 6.5)] * 3,
    JSON_TEXT: [Round(1.0, 8.0)] * 3,
}


def test_start_and_raw_read_are_subtracted() -> None:
    micros = parser.parse_micros(ROUNDS, 1_000_000)
    # Reading: 2, 3, 2. Ours: 3.5, 3.5 and 4 after the median start of 2, less the median read of 2.
    assert micros[RAW] == pytest.approx((2.0, 2.0, 3.0))
    assert micros[OURS] == pytest.approx((1.5, 1.5, 2.0))
    assert micros[JSON] == pytest.approx((6.0, 4.0, 7.0))
    assert parser.parse_micros(ROUNDS, 2_000_000)[JSON] == pytest.approx((3.0, 2.0, 3.5))


def test_the_goal_is_held_against_both_ratios() -> None:
    results = {result.name: result for result in parser.report(ROUNDS, 1_000_000).results}
    assert results["shop-event / json"].figure == pytest.approx(0.25)
    assert results["shop-event / json"].met is True
    assert results["shop-event, whole / json"].figure == pytest.approx(3.5 / 6)
    assert results["shop-event, whole / json"].met is False
    assert results["json"].figure == pytest.approx(6.0)
    assert results["json"].met is None
