"""A message's ``properties`` under the names of our events."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit

from ingestion.collector.ids import id_of

_CENT = Decimal("0.01")
_SESSION = frozenset({"session_id", "sessionId"})


def properties_of(event_type: str, given: Mapping[str, Any], page: object) -> dict[str, Any]:
    """Return the event's properties; ``page`` is ``context.page``, which fills in where they say nothing.

    Names that our events do not have stay as they are; a value of ours is never replaced by Segment's.
    """
    properties = {name: value for name, value in given.items() if name not in _SESSION}
    about: Mapping[str, Any] = page if isinstance(page, dict) else {}
    path = properties.pop("path", None) if "page" not in properties else None
    path = path or _path(properties.get("url")) or about.get("path") or _path(about.get("url"))
    if path is not None:
        properties.setdefault("page", path)
    if about.get("referrer"):
        properties.setdefault("referrer", about["referrer"])
    if "items" not in properties and isinstance(properties.get("products"), list):
        properties["items"] = [_product(product) for product in properties.pop("products")]
    _identify(properties)
    if event_type == "purchase":
        _complete(properties)
    return properties


def _path(url: object) -> str | None:
    if not isinstance(url, str) or not url:
        return None
    try:
        return urlsplit(url).path or "/"
    except ValueError:  # such as an IPv6 host without its bracket
        return None


def _product(given: object) -> object:
    if not isinstance(given, dict):
        return given
    product = dict(given)
    _identify(product)
    return product


def _identify(properties: dict[str, Any]) -> None:
    product_id = id_of(properties.get("product_id"), properties.get("sku"))
    if product_id is not None:
        properties["product_id"] = product_id
    if "order_id" in properties:
        properties["order_id"] = id_of(properties["order_id"])


def _complete(purchase: dict[str, Any]) -> None:
    if purchase.get("total") is None and purchase.get("revenue") is not None:
        purchase["total"] = purchase["revenue"]
    items_total = _items_total(purchase)
    total = _amount(purchase.get("total"))
    if items_total is not None and total is not None and abs(items_total - total) >= _CENT:
        purchase |= {"total_mismatch": True, "items_total": float(items_total)}


def _items_total(purchase: Mapping[str, Any]) -> Decimal | None:
    """Return items, shipping and tax less discount; None where an item has no price."""
    items = purchase.get("items")
    if not isinstance(items, list) or not items:
        return None
    total = Decimal(0)
    for item in items:
        price = _amount(item.get("price")) if isinstance(item, dict) else None
        quantity = _amount(item.get("quantity", 1)) if isinstance(item, dict) else None
        if price is None or quantity is None:
            return None
        total += price * quantity
    for name, sign in (("shipping", 1), ("tax", 1), ("discount", -1)):
        total += sign * (_amount(purchase.get(name)) or 0)
    return total


def _amount(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        # A sum of far larger amounts would be beyond what a double can hold.
        return Decimal(str(value)) if abs(value) < 1e15 else None
    except InvalidOperation:
        return None
