from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion import verdict
from ingestion.collector.receipt import Receipt
from ingestion.collector.segment import Collected, read_message
from ingestion.verdict import Rejection

RECEIVED = datetime(2026, 11, 1, 12, tzinfo=UTC)
RECEIPT = Receipt(RECEIVED, "10.0.0.1", "curl/8")


def collected(message: dict[str, Any], receipt: Receipt = RECEIPT, call: str | None = None) -> dict[str, Any]:
    """The event as a reader decodes it."""
    found = read_message(message, receipt, call)
    assert isinstance(found, Collected), found
    event: dict[str, Any] = orjson.loads(found.value)
    return event


def test_an_order_of_segment_s_spec_is_a_purchase_of_ours() -> None:
    event = collected(
        {
            "type": "track",
            "event": "Order Completed",
            "messageId": "m-1",
            "userId": 97,
            "anonymousId": "507f",
            "timestamp": "2026-11-02T11:59:00.123Z",
            "sentAt": "2026-11-02T12:00:00Z",
            "properties": {
                "order_id": "50314b8e",
                "revenue": 25.0,
                "shipping": 3,
                "total": 28.0,
                "currency": "USD",
                "products": [
                    {"product_id": "507f1f", "sku": "45790-32", "price": 19, "quantity": 1, "category": "Games"},
                    {"product_id": "505bd7", "price": 3, "quantity": 2},
                ],
            },
            "context": {
                "sessionId": "s-1",
                "library": {"name": "analytics.js", "version": "2.11.1"},
                "device": {"type": "ios"},
                "location": {"country": "US"},
                "ip": "8.8.8.8",
                "userAgent": "Mozilla",
                "page": {"path": "/thanks", "referrer": "https://pay.example/"},
            },
            "integrations": {"All": True},
        }
    )
    metadata = event.pop("_metadata")
    assert metadata["produced_at"] == "2026-11-01T12:00:00.000000+00:00"
    assert event == {
        "event_id": "m-1",
        "event_type": "purchase",
        "timestamp": "2026-11-01T11:59:00.123000+00:00",
        "user_id": "97",
        "session_id": "s-1",
        "properties": {
            "order_id": "50314b8e",
            "revenue": 25.0,
            "shipping": 3,
            "total": 28.0,
            "currency": "USD",
            "page": "/thanks",
            "referrer": "https://pay.example/",
            "items": [
                {"product_id": "507f1f", "sku": "45790-32", "price": 19, "quantity": 1, "category": "Games"},
                {"product_id": "505bd7", "price": 3, "quantity": 2},
            ],
        },
        "context": {
            "library": "analytics.js",
            "version": "2.11.1",
            "device": "ios",
            "location": {"country": "US"},
            "country": "US",
            "ip_address": "8.8.8.8",
            "user_agent": "Mozilla",
            "anonymous_id": "507f",
            "page": {"path": "/thanks", "referrer": "https://pay.example/"},
        },
    }


def test_pages_screens_and_identities() -> None:
    page = collected({"anonymousId": "a", "name": "Shoes", "category": "Catalogue"}, call="page")
    assert (page["event_type"], page["user_id"]) == ("page_view", None)
    assert page["properties"] == {"name": "Shoes", "page_category": "Catalogue", "page": "Shoes"}
    named = collected({"anonymousId": "a", "name": "Shoes", "properties": {"path": "/s"}}, call="page")
    assert named["properties"] == {"name": "Shoes", "page": "/s"}
    assert collected({"userId": "u", "type": "screen", "name": "Home"})["properties"]["page"] == "Home"
    identity = collected({"userId": "u", "anonymousId": "a", "traits": {"plan": "gold"}}, call="identify")
    assert (identity["event_type"], identity["properties"]) == ("identify", {"traits": {"plan": "gold"}})
    assert identity["context"]["anonymous_id"] == "a"
    assert collected({"userId": "u"}, call="identify")["properties"] == {"traits": {}}


def test_a_message_id_is_kept_and_made_when_missing() -> None:
    message = {"userId": "u", "event": "click"}
    for sent in ({**message, "messageId": "m"}, {**message, "messageId": "m", "sentAt": "2026-11-01T12:00:00Z"}):
        assert collected(sent, call="track")["event_id"] == "m"
    made = {collected({**message, "messageId": given}, call="track")["event_id"] for given in (None, "", " ")}
    assert len(made) == 3
    assert all(len(one) == 36 for one in made)
    assert collected({**message, "messageId": 12}, call="track")["event_id"] == "12"


def test_a_batch_s_context_is_below_the_message_s() -> None:
    receipt = Receipt(RECEIVED, context={"device": {"type": "phone"}, "locale": "nl", "sessionId": "batch"})
    event = collected({"userId": "u", "event": "x", "context": {"locale": "de"}}, receipt, "track")
    assert (event["context"]["device"], event["context"]["locale"]) == ("phone", "de")
    assert event["session_id"] == "batch"


@pytest.mark.parametrize("where", [{"session_id": "s"}, {"sessionId": "s"}, {"session_id": "", "sessionId": "s"}])
def test_the_session_may_be_among_the_properties(where: dict[str, str]) -> None:
    event = collected({"userId": "u", "event": "x", "properties": where}, call="track")
    assert (event["session_id"], event["properties"]) == ("s", {})


GOOD: dict[str, Any] = {"type": "track", "event": "click", "userId": "u"}


@pytest.mark.parametrize(
    "message,code,words",
    [
        (3, "not_an_object", "not a JSON object"),
        ({"userId": "u"}, "bad_value", "type must be one of track, page, screen, identify"),
        ({**GOOD, "type": "alias"}, "bad_value", "type must be one of"),
        ({**GOOD, "type": ["track"]}, "bad_value", "type must be one of"),
        ({**GOOD, "event": None}, "missing_field", "needs event"),
        ({**GOOD, "event": "  "}, "missing_field", "needs event"),
        ({**GOOD, "event": 3}, "missing_field", "needs event"),
        ({**GOOD, "event": "?"}, "bad_value", "no letter or digit"),
        ({**GOOD, "event": "x" * 101}, "bad_value", "event_type"),
        ({**GOOD, "userId": ""}, "missing_field", "userId or anonymousId"),
        ({**GOOD, "userId": 1.5}, "bad_value", "user_id"),
        ({**GOOD, "userId": "u" * 201}, "bad_value", "user_id"),
        ({**GOOD, "anonymousId": [1]}, "bad_value", "anonymous_id"),
        ({**GOOD, "messageId": "m" * 201}, "bad_value", "event_id"),
        ({**GOOD, "messageId": {}}, "bad_value", "event_id"),
        ({**GOOD, "properties": []}, "bad_value", "properties must be a JSON object"),
        ({**GOOD, "context": "web"}, "bad_value", "context must be a JSON object"),
        ({**GOOD, "traits": 1}, "bad_value", "traits must be a JSON object"),
        ({**GOOD, "context": {"sessionId": {}}}, "bad_value", "session_id"),
        ({**GOOD, "event": "Order Completed"}, "bad_value", "properties.total"),
        ({**GOOD, "event": "Order Completed", "properties": {"total": "9.99"}}, "bad_value", "properties.total"),
        ({**GOOD, "event": "Order Completed", "properties": {"total": -1}}, "bad_value", "properties.total"),
        ({**GOOD, "event": "Product Added", "properties": {"quantity": "1"}}, "bad_value", "properties.quantity"),
        ({**GOOD, "timestamp": "2026-11-01"}, "bad_timestamp", "timestamp"),
        ({**GOOD, "timestamp": "2099-01-01T00:00:00Z"}, "future_timestamp", "send sentAt too"),
        ({**GOOD, "timestamp": "1970-01-01T00:00:00Z", "sentAt": "2099-01-01T00:00:00Z"}, "bad_timestamp", "1970"),
    ],
)
def test_what_is_no_event_is_named(message: object, code: str, words: str) -> None:
    found = read_message(message, RECEIPT)
    assert isinstance(found, Rejection)
    assert found.error_code == code
    assert words in found.message


def nested(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(levels - 1):
        value = {"a": value}
    return value


@pytest.mark.parametrize("levels", [64, 300, 900])
def test_deep_nesting_is_refused_and_never_raises(levels: int) -> None:
    # properties itself is the second level of the event.
    assert isinstance(read_message({**GOOD, "properties": nested(63)}, RECEIPT), Collected)
    found = read_message({**GOOD, "properties": nested(levels)}, RECEIPT)
    assert isinstance(found, Rejection)
    assert found.error_code == "not_json"


def test_32_kb_are_taken_and_one_byte_more_is_not() -> None:
    def sized(size: int) -> dict[str, Any]:
        empty = {**GOOD, "properties": {"text": ""}}
        room = size - len(orjson.dumps(empty))
        # Two bytes a letter: the limit is one of bytes, not of characters.
        return {**GOOD, "properties": {"text": "é" * (room // 2) + "x" * (room % 2)}}

    assert isinstance(read_message(sized(32 * 1024), RECEIPT), Collected)
    found = read_message(sized(32 * 1024 + 1), RECEIPT)
    assert found == Rejection("too_large", "The message has 32769 bytes; at most 32768 are allowed.")


scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
)


def rarely(usual: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Mostly something fitting, sometimes anything."""
    return usual | usual | usual | values


times = st.floats(-2e6, 2e6).map(lambda seconds: (RECEIVED + timedelta(seconds=seconds)).isoformat())
amounts = st.floats(0, 1e6) | st.integers(0, 10**6)
products = st.fixed_dictionaries({}, optional={"sku": values, "price": rarely(amounts), "quantity": rarely(amounts)})
contexts = st.fixed_dictionaries(
    {},
    optional={
        "page": rarely(
            st.fixed_dictionaries({}, optional={"path": values, "url": rarely(st.text()), "referrer": values})
        ),
        "device": rarely(st.fixed_dictionaries({"type": values}, optional={"model": values})),
        "location": rarely(st.fixed_dictionaries({"country": values})),
        "library": rarely(st.fixed_dictionaries({"name": values, "version": values})),
        "sessionId": rarely(st.text(min_size=1)),
        "anonymous_id": values,
        "ip": values,
        "userAgent": values,
        "country": values,
    },
)
messages = st.fixed_dictionaries(
    {
        "type": rarely(st.sampled_from(["track", "page", "screen", "identify"])),
        "event": rarely(st.sampled_from(["Order Completed", "Product Added", "click", "Song Played", "purchase"])),
    },
    optional={
        "userId": rarely(st.text(min_size=1, max_size=10)),
        "anonymousId": rarely(st.text(min_size=1, max_size=10)),
        "messageId": rarely(st.text(min_size=1, max_size=10)),
        "timestamp": rarely(times),
        "originalTimestamp": rarely(times),
        "sentAt": rarely(times),
        "name": values,
        "category": values,
        "traits": rarely(st.dictionaries(st.text(max_size=5), values, max_size=3)),
        "context": rarely(contexts),
        "properties": rarely(
            st.fixed_dictionaries(
                {"total": rarely(amounts)},
                optional={
                    "revenue": rarely(amounts),
                    "price": rarely(amounts),
                    "quantity": rarely(amounts),
                    "products": rarely(st.lists(products, max_size=3)),
                    "shipping": values,
                    "path": values,
                    "url": values,
                    "product_id": values,
                    "order_id": values,
                    "session_id": values,
                },
            )
        ),
    },
)


@given(message=messages, batch_context=contexts, sent_at=st.none() | rarely(times))
def test_what_is_accepted_is_never_a_dead_letter(message: Any, batch_context: Any, sent_at: object) -> None:
    receipt = Receipt(RECEIVED, "10.0.0.1", "curl/8", sent_at, batch_context)
    found = read_message(message, receipt)
    if isinstance(found, Rejection):
        return
    # Kafka's clock may be up to a minute behind the collector's.
    read = verdict.read(found.value, RECEIVED - timedelta(minutes=1))
    assert isinstance(read, dict), read
    assert read["event_id"] == found.event.event_id
    assert read["user_id"] == found.event.user_id
    assert read["session_id"] == found.event.session_id
    assert read["timestamp"] == found.event.timestamp
    assert read["user_id"] or read["context"]["anonymous_id"]
    assert isinstance(found.event.key(), str)
    assert found.event.topic


@given(values)
def test_no_json_makes_it_raise(message: Any) -> None:
    assert isinstance(read_message(message, RECEIPT), Rejection)
