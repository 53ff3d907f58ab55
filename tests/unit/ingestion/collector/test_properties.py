from typing import Any

import pytest

from ingestion.collector.properties import properties_of

PAGE = {"path": "/shoes", "url": "https://shop.example/boots?x=1", "referrer": "https://search.example/"}


@pytest.mark.parametrize(
    "given,page,expected",
    [
        ({"path": "/a", "url": "https://x/b"}, PAGE, "/a"),
        ({"url": "https://x/b?c=d#e"}, PAGE, "/b"),
        ({"url": "https://x"}, None, "/"),
        ({}, PAGE, "/shoes"),
        ({}, {"url": "https://x/b"}, "/b"),
        ({"page": "/own", "path": "/a"}, PAGE, "/own"),
        ({"url": "http://[broken"}, {}, None),
        ({"url": 3}, "no object", None),
    ],
)
def test_the_page_is_a_path(given: dict[str, Any], page: object, expected: str | None) -> None:
    assert properties_of("page_view", given, page).get("page") == expected


def test_the_referrer_fills_in() -> None:
    assert properties_of("page_view", {}, PAGE)["referrer"] == "https://search.example/"
    assert properties_of("page_view", {"referrer": "r"}, PAGE)["referrer"] == "r"
    assert "referrer" not in properties_of("page_view", {}, {"referrer": ""})


def test_products_become_items() -> None:
    products = [{"product_id": 7, "price": 1.5}, {"sku": "s", "category": "c"}, "odd"]
    found = properties_of("checkout", {"products": products, "order_id": 12}, None)
    assert found == {
        "order_id": "12",
        "items": [
            {"product_id": "7", "price": 1.5},
            {"sku": "s", "category": "c", "product_id": "s"},
            "odd",
        ],
    }
    assert products[0] == {"product_id": 7, "price": 1.5}
    both = properties_of("checkout", {"products": products, "items": []}, None)
    assert both == {"products": products, "items": []}


def test_a_session_id_moves_out_and_the_rest_stays() -> None:
    given = {"session_id": "s", "sessionId": "t", "coupon": {"code": "x"}, "product_id": "p", "sku": "s"}
    assert properties_of("song_played", given, None) == {"coupon": {"code": "x"}, "product_id": "p", "sku": "s"}


@pytest.mark.parametrize(
    "given,total",
    [
        ({"total": 5, "revenue": 4}, 5),
        ({"revenue": 4.5}, 4.5),
        ({"total": None, "revenue": 0}, 0),
        ({"revenue": "4"}, "4"),
        ({}, None),
    ],
)
def test_revenue_stands_in_for_the_total_of_a_purchase(given: dict[str, Any], total: object) -> None:
    assert properties_of("purchase", given, None).get("total") == total
    assert properties_of("checkout", {"revenue": 4}, None).get("total") is None


@pytest.mark.parametrize(
    "more,flagged",
    [
        ({"total": 0.3}, None),
        ({"total": 0.31}, 0.3),
        ({"total": 1.25, "shipping": 1, "tax": 0.05, "discount": 0.1}, None),
        ({"total": 1.25, "shipping": 1}, 1.3),
        ({"total": "0.31"}, None),
        ({"total": 9, "products": [{"price": 1}, {"quantity": 2}]}, None),
        ({"total": 9, "products": [{"price": True}]}, None),
        ({"total": 9, "products": []}, None),
        ({"total": 9, "products": [{"price": 1e300}]}, None),
    ],
)
def test_items_that_do_not_add_up_are_flagged(more: dict[str, Any], flagged: float | None) -> None:
    # 0.1 + 0.2 is 0.30000000000000004 in binary: the sum must be the shop's, not the computer's.
    products = [{"price": 0.1}, {"price": 0.1, "quantity": 2}]
    found = properties_of("purchase", {"products": products, **more}, None)
    assert found.get("items_total") == flagged
    assert found.get("total_mismatch", False) is (flagged is not None)
