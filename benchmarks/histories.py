"""A day in the life of many users, cheap to make: every user has the same number of events, spread over 24 hours."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import orjson

from ingestion.simulator.disorder import Record
from ingestion.topics import WEB_EVENTS

HOURS = 24
_PAGES = 50
_TYPES = ("page_view", "product_view", "add_to_cart")


def histories(users: int, events_of_each: int, end: datetime | None = None) -> Iterator[Record]:
    """Yield ``users * events_of_each`` records in order of time, the last at ``end``, by default now (UTC).

    In each of ``events_of_each`` equal spans of the day every user has one event, in an order of chance: a session, a
    page or a product of its own span, so that nothing of a user's day is as it was in another hour.
    """
    rng = random.Random(17)  # noqa: S311 (traffic, no secret)
    total = users * events_of_each
    step = timedelta(hours=HOURS) / total
    start = (end or datetime.now(UTC)) - timedelta(hours=HOURS)
    order = list(range(users))
    for span in range(events_of_each):
        rng.shuffle(order)
        for place, user in enumerate(order):
            moment = start + step * (span * users + place + 1)
            kind = _TYPES[(span + user) % len(_TYPES)]
            properties: dict[str, object] = (
                {"page": f"/p{(span + user) % _PAGES}"}
                if kind == "page_view"
                else {"product_id": f"i{user % 997}", "price": 9.5, "quantity": 1}
            )
            event = {
                "event_id": f"{span:02x}{user:014x}",
                "event_type": kind,
                "timestamp": moment.isoformat(),
                "user_id": f"user-{user:08d}",
                "session_id": f"s{span}-{user}",
                "properties": properties,
            }
            yield Record(int(moment.timestamp() * 1e6), WEB_EVENTS, f"user-{user:08d}", orjson.dumps(event), None)
