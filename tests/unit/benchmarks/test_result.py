"""The arithmetic and the tables that all benchmarks share."""

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from benchmarks.result import Report, Result, Spread, markdown, number

MEASURED = st.floats(-1e300, 1e300)


def test_the_spread_of_an_odd_and_an_even_number_of_values() -> None:
    assert Spread.of([3.0, 1.0, 20.0]) == (3.0, 1.0, 20.0)
    assert Spread.of(iter([4.0, 1.0, 2.0, 100.0])) == (3.0, 1.0, 100.0)
    with pytest.raises(ValueError, match="at least one"):
        Spread.of([])


@given(st.lists(MEASURED, min_size=1))
def test_the_median_has_as_many_values_below_as_above(values: list[float]) -> None:
    spread = Spread.of(values)
    assert spread.low == min(values)
    assert spread.high == max(values)
    half = len(values) / 2
    assert sum(value < spread.median for value in values) <= half
    assert sum(value > spread.median for value in values) <= half


def test_a_goal_is_met_at_its_bound_and_not_beyond() -> None:
    assert Result("a", 10.0, "x", at_least=10).met is True
    assert Result("a", 9.99, "x", at_least=10).met is False
    assert Result("a", 0.5, "x", at_most=0.5).met is True
    assert Result("a", 0.51, "x", at_most=0.5).met is False
    assert Result("a", 5.0, "x", at_least=1, at_most=4).met is False
    assert Result("a", 5.0, "x").met is None


def test_what_is_no_number_meets_no_goal() -> None:
    assert Result("a", float("nan"), "x", at_most=1).met is False
    assert Result("a", float("nan"), "x", at_least=1).met is False


def test_a_goal_of_nothing_is_a_goal() -> None:
    assert Result("a", 1.0, "mismatches", at_most=0).met is False
    assert Result("a", 0.0, "mismatches", at_most=0).goal == "at most 0"


@pytest.mark.parametrize(
    ("value", "text"),
    [(12345.6, "12,346"), (123.4, "123"), (12.34, "12.3"), (0.012345, "0.0123"), (7, "7"), (-2500.5, "-2,500")],
)
def test_figures_have_the_digits_that_a_reader_can_use(value: float, text: str) -> None:
    assert number(value) == text


def test_json_and_back() -> None:
    result = Result("events [a/b]", 2.5, "ms", at_most=3.0, note="of five")
    document = json.loads(Report("parser", [result], {"rounds": [1, 2]}).as_json())
    assert document["benchmark"] == "parser"
    assert document["details"] == {"rounds": [1, 2]}
    assert document["machine"]["processors"] >= 1
    (found,) = document["results"]
    assert (found["goal"], found["met"]) == ("at most 3", True)
    assert Result.from_json(found) == result


def test_the_table_shows_every_figure_in_100_columns() -> None:
    output = io.StringIO()
    long = "a name that is longer than any that was ever given to a figure, and then some more of it"
    results = [Result(long, 0.25, "ratio", at_most=0.5), Result("missed", 9.0, "times", at_least=10, note="[rounds]")]
    Report("deduplication", results).show(as_json=False, console=Console(file=output))
    lines = output.getvalue().splitlines()
    assert max(map(len, lines)) <= 100
    (first,) = [line for line in lines if "0.25" in line]
    assert [cell.strip() for cell in first.strip("│").split("│")][2:] == ["0.25", "ratio", "at most 0.5", "yes"]
    assert any("9" in line and "at least 10" in line and "no" in line for line in lines)
    assert any("[rounds]" in line for line in lines)


def test_markdown_says_what_was_met() -> None:
    results = [Result("x", 1.0, "s", at_most=2.0), Result("y", 3.0, "s", at_most=2.0), Result("z", 1500, "s")]
    table = markdown(zip("abc", results, strict=True))
    assert table.splitlines()[2:] == [
        "| a | x | 1 | s | at most 2: met |",
        "| b | y | 3 | s | at most 2: missed |",
        "| c | z | 1,500 | s |  |",
    ]
