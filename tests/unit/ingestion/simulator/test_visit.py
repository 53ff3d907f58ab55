from collections import defaultdict
from decimal import Decimal
from typing import Any

import orjson
import pytest

from ingestion.event import Event
from tests.unit.ingestion.simulator.conftest import Run

EVENT_TYPES = {
    "page_view", "click", "search", "product_view", "add_to_cart", "remove_from_cart", "checkout", "purchase",
    "error", "user_login", "user_signup", "identify",
    "newsletter_subscribed", "wishlist_added", "video_played", "chat_opened",
}  # fmt: skip


@pytest.fixture(scope="module")
def visits(orderly: Run) -> list[list[dict[str, Any]]]:
    """Visits that began in the stream, each in order of time."""
    found = defaultdict(list)
    for event in orderly.clean:
        found[event["session_id"]].append(event)
    under_way = orderly.truth.header["visits_under_way"]
    return [events for session, events in found.items() if int(session.rsplit("-", 1)[1], 16) > under_way]


def test_bytes_are_those_of_the_event_model(orderly: Run) -> None:
    for value in orderly.values[:5000]:
        document = orjson.loads(value)
        event = Event.from_mapping(document)
        assert document["_metadata"]["produced_at"] == document["timestamp"]
        assert event.to_bytes(event.timestamp, document["_metadata"]["producer_version"]) == value


def test_every_event_type_appears(orderly: Run) -> None:
    assert {event["event_type"] for event in orderly.clean} == EVENT_TYPES


def test_items_add_up_to_the_cent_and_are_what_was_in_the_cart(visits: list[list[dict[str, Any]]]) -> None:
    purchases = 0
    orders = set()
    for events in visits:
        cart: list[tuple[str, int, float]] = []
        for event in events:
            properties = event["properties"]
            line = properties.get("product_id"), properties.get("quantity"), properties.get("price")
            if event["event_type"] == "add_to_cart":
                cart.append(line)
            elif event["event_type"] == "remove_from_cart":
                cart.remove(line)
            elif event["event_type"] in ("checkout", "purchase"):
                due = sum(Decimal(str(price)) * quantity for _, quantity, price in cart)
                assert Decimal(str(properties["total"])) == due > 0
            if event["event_type"] == "purchase":
                items = [(item["product_id"], item["quantity"], item["price"]) for item in properties["items"]]
                assert items == cart
                assert properties["payment_method"]
                assert len(properties["currency"]) == 3
                orders.add(properties["order_id"])
                purchases += 1
                cart = []
    assert purchases > 300
    assert len(orders) == purchases


def test_the_funnel_is_walked_in_order(visits: list[list[dict[str, Any]]]) -> None:
    reached = dict.fromkeys(("product_view", "add_to_cart", "checkout", "purchase"), 0)
    for events in visits:
        types = [event["event_type"] for event in events]
        for before, step in zip(types, types[1:], strict=False):
            assert step != "purchase" or before == "checkout"
            assert step != "add_to_cart" or before == "product_view"
        for step in reached:
            reached[step] += step in types
        first = [types.index(step) for step in reached if step in types]
        assert first == sorted(first)
    counts = list(reached.values())
    # Each step loses a good part, and none loses nearly all.
    assert all(0.15 < after / before < 0.95 for before, after in zip(counts, counts[1:], strict=False)), reached


def test_a_cart_holds_what_was_looked_at(visits: list[list[dict[str, Any]]]) -> None:
    for events in visits:
        for before, event in zip(events, events[1:], strict=False):
            if event["event_type"] == "add_to_cart":
                for name in ("product_id", "category", "price"):
                    assert event["properties"][name] == before["properties"][name]


def test_who_and_where_stay_the_same_in_a_visit(visits: list[list[dict[str, Any]]]) -> None:
    joined = anonymous = logins = 0
    for events in visits:
        assert len({(event["context"]["anonymous_id"], event["context"]["device"]) for event in events}) == 1
        users = [event["user_id"] for event in events]
        types = [event["event_type"] for event in events]
        assert "referrer" in events[types.index("page_view")]["properties"] if "page_view" in types else True
        if "user_signup" in types:
            assert types[:3] == ["page_view", "user_signup", "identify"][: len(types)]
            assert users[0] is None
            assert len(set(users[1:])) == 1
            joined += 1
        else:
            assert len(set(users)) == 1
            anonymous += users[0] is None
            logins += types[0] == "user_login"
    assert joined > 10
    assert 0.2 < anonymous / len(visits) < 0.4
    assert 0.07 < logins / len(visits) < 0.14


def test_columns_of_the_job_are_filled(orderly: Run) -> None:
    paths = {
        "page": "properties", "referrer": "properties", "product_id": "properties", "category": "properties",
        "order_id": "properties", "currency": "properties", "total": "properties", "price": "properties",
        "quantity": "properties", "device": "context", "country": "context", "anonymous_id": "context",
    }  # fmt: skip
    for name, holder in paths.items():
        assert any(name in event[holder] for event in orderly.clean), name
    assert len({event["context"]["country"] for event in orderly.clean}) == 10
    assert {event["context"]["device"] for event in orderly.clean} == {"mobile", "desktop", "tablet"}
