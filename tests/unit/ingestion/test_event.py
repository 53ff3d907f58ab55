import json
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.errors import ShopstreamError
from ingestion.event import Event, parse_timestamp

NOON = datetime(2026, 11, 1, 12, 0, 0, 123456, tzinfo=timezone(timedelta(hours=2)))
REQUIRED = {"event_id": "e1", "event_type": "purchase", "timestamp": "2026-11-01T12:00:00.123456+02:00"}

text = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=8,
)
objects = st.dictionaries(text, json_values, max_size=4)
offsets = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
events = st.builds(
    Event,
    event_id=text,
    event_type=text,
    timestamp=st.datetimes(datetime(1970, 1, 2), datetime(2200, 1, 1), timezones=offsets),  # noqa: DTZ001
    user_id=st.none() | text,
    session_id=st.none() | text,
    properties=objects,
    context=objects,
)


@given(events)
def test_json_round_trip_keeps_every_field(event: Event) -> None:
    # The standard library reads it back: a decoder that shares nothing with the encoder.
    assert Event.from_mapping(json.loads(event.to_bytes(NOON, "1.0.0"))) == event


def test_bytes_are_those_of_the_contract() -> None:
    event = Event("e1", "purchase", NOON, "user_1", None, {"total": 109.97}, {"library": "web_tracker"})
    produced_at = datetime(2026, 11, 1, 10, 0, 1, tzinfo=UTC)
    assert json.loads(event.to_bytes(produced_at, "1.0.0")) == {
        "event_id": "e1",
        "event_type": "purchase",
        "timestamp": "2026-11-01T12:00:00.123456+02:00",
        "user_id": "user_1",
        "session_id": None,
        "properties": {"total": 109.97},
        "context": {"library": "web_tracker"},
        "_metadata": {
            "produced_at": "2026-11-01T10:00:01.000000+00:00",
            "producer_version": "1.0.0",
            "schema_version": "1.0",
        },
    }


@given(events)
def test_key_is_user_then_session_then_random(event: Event) -> None:
    if event.user_id is not None:
        assert event.key() == event.user_id
    elif event.session_id is not None:
        assert event.key() == event.session_id
    else:
        assert UUID(event.key()) != UUID(event.key())


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-11-01T12:00:00.123456+02:00", datetime(2026, 11, 1, 10, 0, 0, 123456, tzinfo=UTC)),
        ("2026-11-01T12:00:00Z", datetime(2026, 11, 1, 12, tzinfo=UTC)),
        ("2026-11-01T12:00:00", datetime(2026, 11, 1, 12, tzinfo=UTC)),
        ("2026-11-01 12:00:00.5-0330", datetime(2026, 11, 1, 15, 30, 0, 500000, tzinfo=UTC)),
        ("2026-11-01T12:00:00.123456789Z", datetime(2026, 11, 1, 12, 0, 0, 123456, tzinfo=UTC)),
    ],
)
def test_timestamps_with_any_offset_are_read(text: str, instant: datetime) -> None:
    assert parse_timestamp(text) == instant


@pytest.mark.parametrize(
    "text",
    ["", "2026-11-01", "2026-W44-7T12:00:00", "2026-02-30T00:00:00Z", "2026-11-01T12:00:00.1234567890Z"],
)
def test_other_timestamps_are_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_timestamp(text)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"event_id": None}, "event_id is missing"),
        ({"event_type": ""}, "event_type is empty"),
        ({"event_type": 3}, "event_type must be text, not int"),
        ({"timestamp": None}, "timestamp is missing"),
        ({"timestamp": "yesterday"}, "timestamp is not an ISO 8601"),
        ({"timestamp": 1793527200}, "timestamp must be text, not int"),
        ({"user_id": 12}, "user_id must be text"),
        ({"session_id": ""}, "session_id is empty"),
        ({"properties": []}, "properties must be a JSON object"),
        ({"context": "web"}, "context must be a JSON object"),
    ],
)
def test_wrong_fields_are_named(change: dict[str, object], sentence: str) -> None:
    with pytest.raises(ShopstreamError, match=sentence):
        Event.from_mapping({**REQUIRED, **change})


def test_a_timestamp_without_offset_is_refused_in_python() -> None:
    with pytest.raises(ShopstreamError, match="timestamp has no offset"):
        Event("e1", "click", datetime(2026, 11, 1))  # noqa: DTZ001


@pytest.mark.parametrize("value", [float("nan"), [float("inf")], {"a": (1.0, float("-inf"))}, 2**64, object()])
def test_what_json_cannot_carry_is_refused(value: object) -> None:
    with pytest.raises(ShopstreamError, match="event e1"):
        Event("e1", "click", NOON, properties={"value": value}).to_bytes(NOON, "1")


def test_topic_follows_the_type() -> None:
    assert Event("e1", "checkout", NOON).topic == "transaction_events"
    assert Event("e1", "never_heard_of", NOON).topic == "general_events"
