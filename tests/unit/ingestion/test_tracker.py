"""The tracker's events as the parser's model reads them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion import verdict
from ingestion.delivery import Delivery
from ingestion.errors import ShopstreamError
from ingestion.event import Event
from ingestion.tracker import Item, Tracker, Visitor

ANNA = Visitor(user_id="anna", session_id="s1", user_agent="Firefox", ip_address="192.0.2.7")


class Box:
    def __init__(self) -> None:
        self.events: list[Event] = []

    def send(self, event: Event) -> Delivery:
        self.events.append(event)
        return Delivery()


def tracked(call: Callable[[Tracker], Any]) -> dict[str, Any]:
    """What a reader makes of the one event that the call sends."""
    box = Box()
    assert isinstance(call(Tracker(box)), Delivery)
    (event,) = box.events
    read = verdict.read(event.to_bytes(datetime.now(UTC), "1.0.0"))
    assert not isinstance(read, verdict.Rejection), read
    return dict(read)


@pytest.mark.parametrize(
    ("call", "event_type", "properties"),
    [
        (
            lambda t: t.track_page_view(ANNA, "/home", "https://example.org"),
            "page_view",
            {"page": "/home", "referrer": "https://example.org"},
        ),
        (
            lambda t: t.track_product_view(ANNA, "p1", "shoes", 30.5),
            "product_view",
            {"product_id": "p1", "category": "shoes", "price": 30.5},
        ),
        (lambda t: t.track_search(ANNA, "red shoes", 0), "search", {"query": "red shoes", "results": 0}),
        (
            lambda t: t.track_add_to_cart(ANNA, Item("p1", 2, 30.5)),
            "add_to_cart",
            {"product_id": "p1", "quantity": 2, "price": 30.5, "currency": "USD"},
        ),
        (
            lambda t: t.track_purchase(ANNA, "o1", 61.0, [Item("p1", 2, 30.5)], "EUR", "card"),
            "purchase",
            {
                "order_id": "o1",
                "total": 61.0,
                "items": [{"product_id": "p1", "quantity": 2, "price": 30.5}],
                "currency": "EUR",
                "payment_method": "card",
            },
        ),
        (lambda t: t.track_custom_event(ANNA, "wish", {"product_id": "p1"}), "wish", {"product_id": "p1"}),
        (lambda t: t.identify(ANNA, {"plan": "gold"}), "identify", {"traits": {"plan": "gold"}}),
    ],
)
def test_each_call_is_one_valid_event(
    call: Callable[[Tracker], Any], event_type: str, properties: dict[str, Any]
) -> None:
    event = tracked(call)
    assert (event["event_type"], event["user_id"], event["session_id"]) == (event_type, "anna", "s1")
    assert event["properties"] == properties
    assert event["context"]["user_agent"] == "Firefox"
    assert event["context"]["ip_address"] == "192.0.2.7"


def test_items_that_do_not_add_up_are_sent_and_flagged() -> None:
    event = tracked(lambda t: t.track_purchase(ANNA, "o1", 100.0, [Item("p1", 2, 30.5)]))
    assert (event["properties"]["total_mismatch"], event["properties"]["items_total"]) == (True, 61.0)


@given(st.lists(st.tuples(st.integers(1, 99), st.integers(0, 99_999)), min_size=1, max_size=30))
def test_cents_always_add_up(order: list[tuple[int, int]]) -> None:
    cents = sum(quantity * price for quantity, price in order)
    items = [Item(f"p{place}", quantity, price / 100) for place, (quantity, price) in enumerate(order)]
    event = tracked(lambda t: t.track_purchase(ANNA, "o1", cents / 100, items))
    assert "total_mismatch" not in event["properties"]
    one_off = tracked(lambda t: t.track_purchase(ANNA, "o1", (cents + 1) / 100, items))
    assert one_off["properties"]["total_mismatch"] is True


def test_a_visitor_without_a_name_keeps_the_anonymous_id() -> None:
    event = tracked(lambda t: t.track_page_view(Visitor(anonymous_id="a1"), "/"))
    assert event.get("user_id") is None
    assert event["context"]["anonymous_id"] == "a1"


def test_the_time_it_happened_is_kept() -> None:
    at = datetime(2026, 11, 1, 12, 0, 0, 123456, tzinfo=timezone(timedelta(hours=2)))
    assert tracked(lambda t: t.track_page_view(ANNA, "/", at=at))["timestamp"] == at


@pytest.mark.parametrize(
    "call",
    [
        lambda t: t.track_purchase(ANNA, "o1", float("nan")),
        lambda t: t.track_purchase(ANNA, "o1", -1),
        lambda t: t.track_add_to_cart(ANNA, Item("p1", -1)),
        lambda t: t.track_product_view(ANNA, "p1", price=float("inf")),
        lambda t: t.track_custom_event(ANNA, " "),
        lambda t: t.identify(Visitor(anonymous_id="a1")),
    ],
)
def test_what_a_reader_would_reject_is_refused_in_one_sentence(call: Callable[[Tracker], Any]) -> None:
    box = Box()
    with pytest.raises(ShopstreamError, match=r"\.$"):
        call(Tracker(box))
    assert box.events == []
