"""Event names of Segment's e-commerce spec, and any other, as event types of ours."""

import re

EVENT_TYPES = {
    "product_viewed": "product_view",
    "product_added": "add_to_cart",
    "product_removed": "remove_from_cart",
    "checkout_started": "checkout",
    "order_completed": "purchase",
    "products_searched": "search",
    "signed_up": "user_signup",
    "signed_in": "user_login",
}
"""Segment's name in snake case to our event type; every other name is its own type, in snake case."""

CALLS = {"track": None, "page": "page_view", "screen": "page_view", "identify": "identify"}
"""A message's ``type`` to our event type; that of ``track`` depends on its ``event``."""

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_BETWEEN_WORDS = re.compile(r"[\W_]+")


def event_type_of(name: str) -> str:
    """Return the event type for a ``track`` message's name; empty for a name without a letter or digit.

    ``Product Added``, ``product_added`` and ``productAdded`` are one name.
    """
    words = _BETWEEN_WORDS.sub("_", _HUMP.sub("_", name)).strip("_").lower()
    return EVENT_TYPES.get(words, words)
