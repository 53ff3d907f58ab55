"""The tracker: what a shop's own code calls when something happens, one method an event type."""

import math
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Protocol

from ingestion.delivery import Delivery
from ingestion.errors import ShopstreamError
from ingestion.event import Event

LIBRARY = {"library": "shopstream_tracker", "version": "1.0.0"}
_CENT = Decimal("0.01")


class Sends(Protocol):
    """Takes events: an ``EventProducer``, or a stand-in for it."""

    def send(self, event: Event) -> Delivery:
        """Accept one event and return a handle on its delivery."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who did it, and with what. A visitor without a user id needs an anonymous id or a session."""

    user_id: str | None = None
    anonymous_id: str | None = None
    session_id: str | None = None
    user_agent: str | None = None
    ip_address: str | None = None

    def context(self) -> dict[str, Any]:
        """Return the context that the visitor's events carry."""
        about = {"anonymous_id": self.anonymous_id, "user_agent": self.user_agent, "ip_address": self.ip_address}
        return LIBRARY | {name: value for name, value in about.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Item:
    """A product in a cart or an order; ``price`` is that of one, in the order's currency."""

    product_id: str
    quantity: int = 1
    price: float = 0.0

    def __post_init__(self) -> None:
        if self.quantity < 0:
            raise ShopstreamError(f"quantity of {self.product_id} is {self.quantity}: it must not be negative.")
        _check_amount(f"price of {self.product_id}", self.price)

    def properties(self) -> dict[str, Any]:
        """Return the item as an event carries it."""
        return {"product_id": self.product_id, "quantity": self.quantity, "price": self.price}


class Tracker:
    """Makes events and hands them to a producer. Each method returns at once with the delivery's handle.

    ``at`` is when it happened (now, if not given) and needs an offset. None values are left out of the event.
    Raises ShopstreamError for a value that every reader would reject, and what the producer raises.
    """

    def __init__(self, producer: Sends) -> None:
        self._producer = producer

    def track_page_view(
        self, visitor: Visitor, page: str, referrer: str | None = None, at: datetime | None = None
    ) -> Delivery:
        """A page was looked at."""
        return self._track("page_view", visitor, at, page=page, referrer=referrer)

    def track_product_view(
        self,
        visitor: Visitor,
        product_id: str,
        category: str | None = None,
        price: float | None = None,
        at: datetime | None = None,
    ) -> Delivery:
        """A product was looked at."""
        if price is not None:
            _check_amount("price", price)
        return self._track("product_view", visitor, at, product_id=product_id, category=category, price=price)

    def track_search(
        self, visitor: Visitor, query: str, results: int | None = None, at: datetime | None = None
    ) -> Delivery:
        """Something was searched for; ``results`` is how many were found."""
        return self._track("search", visitor, at, query=query, results=results)

    def track_add_to_cart(
        self, visitor: Visitor, item: Item, currency: str = "USD", at: datetime | None = None
    ) -> Delivery:
        """An item was put in the cart."""
        return self._track("add_to_cart", visitor, at, currency=currency, **item.properties())

    def track_purchase(
        self,
        visitor: Visitor,
        order_id: str,
        total: float,
        items: Sequence[Item] = (),
        currency: str = "USD",
        payment_method: str | None = None,
        at: datetime | None = None,
    ) -> Delivery:
        """An order was paid.

        Items that do not add up to the total (to the cent) are no reason to lose a purchase: it is sent with
        ``total_mismatch: true`` and what the items come to in ``items_total``.
        """
        _check_amount("total", total)
        properties: dict[str, Any] = {"items": [item.properties() for item in items]}
        items_total = sum((Decimal(str(item.price)) * item.quantity for item in items), Decimal(0))
        if items and abs(items_total - Decimal(str(total))) >= _CENT:
            properties |= {"total_mismatch": True, "items_total": float(items_total)}
        return self._track(
            "purchase",
            visitor,
            at,
            order_id=order_id,
            total=total,
            currency=currency,
            payment_method=payment_method,
            **properties,
        )

    def track_custom_event(
        self,
        visitor: Visitor,
        event_type: str,
        properties: Mapping[str, Any] | None = None,
        at: datetime | None = None,
    ) -> Delivery:
        """Anything else; goes to the topic of its type."""
        if not event_type.strip():
            raise ShopstreamError("event_type is empty: name what happened.")
        return self._track(event_type, visitor, at, **(properties or {}))

    def identify(
        self, visitor: Visitor, traits: Mapping[str, Any] | None = None, at: datetime | None = None
    ) -> Delivery:
        """The visitor is this user; ties the anonymous id to the user id."""
        if visitor.user_id is None:
            raise ShopstreamError("identify needs a user_id: that is who the visitor turns out to be.")
        return self._track("identify", visitor, at, traits=dict(traits or {}))

    def _track(self, event_type: str, visitor: Visitor, at: datetime | None, /, **properties: Any) -> Delivery:
        return self._producer.send(
            Event(
                event_id=str(uuid.uuid4()),
                event_type=event_type,
                timestamp=at or datetime.now(UTC),
                user_id=visitor.user_id,
                session_id=visitor.session_id,
                properties={name: value for name, value in properties.items() if value is not None},
                context=visitor.context(),
            )
        )


def _check_amount(name: str, amount: float) -> None:
    if not math.isfinite(amount) or amount < 0:
        raise ShopstreamError(f"{name} is {amount}: it must be a finite number of 0 or more.")
