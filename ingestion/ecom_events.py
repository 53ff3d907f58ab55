"""The one table from the public clickstream's event names to ours, and the amounts it does not have."""

from dataclasses import dataclass

from ingestion.topics import GENERAL_EVENTS, topic_of


@dataclass(frozen=True, slots=True)
class Mapping:
    """Our event type for one of theirs; ``detail`` is the property that keeps their name, if any."""

    event_type: str
    detail: str | None = None


ECOM_EVENTS: dict[str, Mapping] = {
    "home": Mapping("page_view", "page"),
    "catalog": Mapping("page_view", "page"),
    "promo_page": Mapping("page_view", "page"),
    "account_page": Mapping("page_view", "page"),
    "review_page": Mapping("page_view", "page"),
    # The cart is looked at here; what goes into it is add_to_cart.
    "cart": Mapping("page_view", "page"),
    "product_view": Mapping("product_view"),
    "search": Mapping("search"),
    "filter_results": Mapping("click", "element"),
    "add_to_cart": Mapping("add_to_cart"),
    "shipping_details": Mapping("checkout", "step"),
    "payment_details": Mapping("checkout", "step"),
    "purchase": Mapping("purchase"),
    "error_page": Mapping("error", "error"),
    "payment_error": Mapping("error", "error"),
    "checkout_bug": Mapping("error", "error"),
    # These have no type of ours: they keep their names and go to general_events.
    "wishlist_add": Mapping("wishlist_add"),
    "support_chat": Mapping("support_chat"),
    "compare": Mapping("compare"),
}

CURRENCY = "USD"
MEDIAN_TOTAL = 60.0
"""Median of the simulated ``purchase`` totals, in USD."""
MEDIAN_PRICE = 30.0
"""Median of the simulated ``add_to_cart`` prices, in USD."""
AMOUNT_SHAPE = 3.0
"""Shape of the log-logistic distribution of both: a tenth lies below 0.48 medians, a tenth above 2.08."""


def mapping_of(name: str) -> Mapping:
    """Return our type for their event name; a name the table lacks stays as it is, among the general events.

    A stray name of one of our own types must not pass for such an event, so it is marked.
    """
    known = ECOM_EVENTS.get(name)
    if known is not None:
        return known
    return Mapping(name if topic_of(name) is GENERAL_EVENTS else f"ecom_{name}")


def simulated_amount(event_id: str, median: float) -> float:
    """Return the amount of one event, in whole cents, always the same for the same event.

    The first 13 hexadecimal digits of the id, as a number ``n``, seed it: ``u = (n + 0.5) / 16**13``, and the
    amount is the log-logistic quantile ``median * (u / (1 - u)) ** (1 / AMOUNT_SHAPE)``. A closed form, so
    that any SQL engine can recount it.
    """
    u = (int(event_id[:13], 16) + 0.5) / 16**13
    return round(float(median * (u / (1 - u)) ** (1 / AMOUNT_SHAPE)), 2)
