"""The rules for values, as Python and the Flink format share them."""

import json
from pathlib import Path

import pytest

from ingestion.rules import RULES, Rule, format_option

CORPUS = Path(__file__).parents[2] / "corpus"


def test_the_format_is_tested_with_these_rules() -> None:
    # The Java tests cannot import the rules: they read this file, which must not fall behind.
    assert json.loads((CORPUS / "rules.json").read_text()) == json.loads(format_option())


def test_the_option_can_stand_in_ddl() -> None:
    assert "'" not in format_option()
    assert "$" not in format_option()


@pytest.mark.parametrize(
    ("rule", "good", "bad"),
    [
        (Rule("a", "text", max_length=3), ["", "abc", "\U0001f6d2" * 3, None], ["abcd", 1, True, [], {}]),
        (
            Rule("a", "name", max_length=100),
            ["x" * 100, "a b-c.d_e", "é" * 100, "漢" * 66 + "xx", ":" * 66 + "xx", None],
            ["x" * 101, "漢" * 67, ":" * 67, "/" * 66 + "xxx", 1],
        ),
        (
            Rule("a", "id", max_length=3),
            ["abc", 0, 10**18 - 1, None],
            ["abcd", 1.0, -1, 10**18, True, -0.0, []],
        ),
        (
            Rule("a", "non_negative_number"),
            [0, -0.0, 1.5, 10**299, None],
            [-1, float("inf"), "1", True, False, {}],
        ),
        (Rule("a", "non_negative_number", required=True), [0], [None]),
    ],
)
def test_values(rule: Rule, good: list[object], bad: list[object]) -> None:
    assert [value for value in good if not rule.accepts(value)] == []
    assert [value for value in bad if rule.accepts(value)] == []


def test_a_rule_names_what_it_wants() -> None:
    [total] = [rule for rule in RULES if rule.path == "properties.total"]
    assert total.applies_to("purchase")
    assert not total.applies_to("page_view")
    assert total.message == "properties.total of purchase must be a finite number of 0 or more."
