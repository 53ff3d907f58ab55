import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flink_jobs.anomalies.rules import ALL, KINDS, Kind, Rule, default_rules
from flink_jobs.settings import JobSettings
from ingestion.errors import ShopstreamError

limits = st.none() | st.floats(min_value=1e-300, max_value=1e15, exclude_max=True, allow_nan=False)
event_types = st.text(min_size=1, max_size=100)


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    kind: Kind = draw(st.sampled_from(KINDS))
    history = draw(st.none() | st.integers(10, 70)) if kind == "unusual" else None
    return Rule(kind, draw(event_types), draw(st.booleans()), draw(limits), history, draw(st.integers(0, 2**62)))


@given(rules())
def test_a_rule_is_the_same_after_kafka(rule: Rule) -> None:
    assert Rule.from_bytes(rule.to_bytes()) == rule


@given(rules(), rules())
def test_keys_are_the_same_only_for_the_same_kind_and_event_type(one: Rule, other: Rule) -> None:
    assert (one.key == other.key) == ((one.kind, one.event_type) == (other.kind, other.event_type))


@given(
    st.sampled_from(KINDS) | st.text(max_size=20),
    st.text(max_size=120),
    st.none() | st.floats(),
    st.none() | st.integers(-100, 200),
)
def test_a_rule_is_possible_or_refused_in_one_sentence(
    kind: Kind, event_type: str, limit: float | None, history: int | None
) -> None:
    possible = (
        kind in ("count_threshold", "intensity_threshold", "unusual")
        and 1 <= len(event_type) <= 100
        and (limit is None or 0 < limit < 1e15)
        and (history is None or (kind == "unusual" and 10 <= history <= 70))
    )
    try:
        Rule(kind, event_type, True, limit, history)
        assert possible
    except ShopstreamError as error:
        assert not possible
        assert str(error).endswith(".")
        assert "\n" not in str(error).replace(str(kind), "")


@given(
    st.binary() | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(lambda v: json.dumps(v).encode())
)
def test_what_is_no_rule_is_refused(value: bytes) -> None:
    with pytest.raises(ShopstreamError, match="is no rule"):
        Rule.from_bytes(value)


def test_defaults_come_from_the_settings() -> None:
    settings = JobSettings(anomaly_count_limit=7, anomaly_intensity_limit=8, anomaly_score=9, anomaly_min_history=11)
    assert default_rules(settings) == [
        Rule("count_threshold", ALL, True, 7),
        Rule("intensity_threshold", ALL, True, 8),
        Rule("unusual", ALL, True, 9, 11),
    ]
