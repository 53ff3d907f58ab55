"""A clean event: what happened and was sent at once, before the way to Kafka does anything to it."""

from datetime import UTC, datetime
from typing import NamedTuple

from ingestion.event import SCHEMA_VERSION
from ingestion.topics import Topic, topic_of

LIBRARY = "shopstream_simulator"
VERSION = "1.0.0"

ENDING = f'","producer_version":"{VERSION}","schema_version":"{SCHEMA_VERSION}"}}}}'
"""How every event ends, after the time in ``_metadata.produced_at``."""


class CleanEvent(NamedTuple):
    """One event, ready to be sent. ``text`` is its JSON and holds ``event_id`` and ``timestamp`` as they are."""

    at_us: int
    """Event time in microseconds since 1970 (UTC)."""

    topic: Topic
    key: str
    event_id: str
    timestamp: str
    text: str


class IsoClock:
    """Writes microseconds since 1970 as ISO 8601 in UTC; fast for times that go on steadily."""

    def __init__(self) -> None:
        self._second = -1
        self._prefix = ""

    def __call__(self, us: int) -> str:
        """Return the text, with six fraction digits and ``+00:00``."""
        second, fraction = divmod(us, 1_000_000)
        if second != self._second:
            self._second = second
            self._prefix = datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S.")
        return f"{self._prefix}{fraction:06d}+00:00"


TOPIC_OF: dict[str, Topic] = {
    event_type: topic_of(event_type)
    for event_type in [
        "page_view",
        "click",
        "search",
        "product_view",
        "add_to_cart",
        "remove_from_cart",
        "checkout",
        "purchase",
        "error",
        "user_login",
        "user_signup",
        "identify",
        "newsletter_subscribed",
        "wishlist_added",
        "video_played",
        "chat_opened",
    ]
}
"""Every event type that a visitor can cause; the last four are none that the shop knows."""

CUSTOM_TYPES = tuple(TOPIC_OF)[-4:]
