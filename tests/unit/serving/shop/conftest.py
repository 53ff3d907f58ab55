"""A shop of two days with its lake, and what Redis has of it."""

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from redis.exceptions import ConnectionError as RedisAway

from serving.shop.lake import ShopLake
from tests.event_lake import write_lake

START = datetime(2026, 3, 1, 22, tzinfo=UTC)
HOURS = 30
Event = dict[str, Any]


class Live:
    """Some windows as LiveStore has them; ``away`` lets it be so."""

    def __init__(self) -> None:
        self.written: dict[str, dict[datetime, list[Event]]] = {}
        self.away = False

    def between(self, result: str, start: datetime, until: datetime) -> list[datetime]:
        if self.away:
            raise RedisAway
        return sorted(window for window in self.written.get(result, {}) if start <= window < until)

    def rows(self, result: str, windows: list[datetime]) -> list[Event]:
        return [{"window_start": at, **row} for at in windows for row in self.written[result][at]]


def shop_events(seed: int, count: int = 3000) -> list[Event]:
    rng = random.Random(seed)
    events = []
    for number in range(count):
        kind = rng.choices(
            ["page_view", "product_view", "add_to_cart", "checkout", "purchase", "search"], [8, 6, 3, 2, 2, 1]
        )[0]
        user = f"u{rng.randrange(40)}"
        total = round(rng.uniform(5, 200), 2)
        events.append(
            {
                "event_id": f"e{number}",
                "event_type": kind,
                "timestamp": (START + timedelta(seconds=rng.uniform(0, HOURS * 3600))).replace(tzinfo=None),
                "user_id": rng.choice([user, user, user, None]),
                "session_id": f"{user}-{rng.randrange(3)}",
                "page": rng.choice(["home", "catalog", "x" * 1500, None]) if kind == "page_view" else None,
                "currency": rng.choice(["USD", "EUR", None]) if kind == "purchase" else None,
                "total": total if kind == "purchase" else None,
                "product_id": rng.choice(["p1", "p2", "p3"]) if kind in ("product_view", "add_to_cart") else None,
                "properties": f'{{"items": [{{"product_id": "p1", "price": {total}, "quantity": 2}}]}}'
                if kind == "purchase"
                else "{}",
                "is_late": rng.random() < 0.02,
                "is_duplicate": rng.random() < 0.03,
            }
        )
    return sorted(events, key=lambda event: event["timestamp"])


def counted(events: list[Event]) -> list[Event]:
    """The events that count, with aware times."""
    return [
        event | {"timestamp": event["timestamp"].replace(tzinfo=UTC)}
        for event in events
        if not event["is_late"] and not event["is_duplicate"]
    ]


@pytest.fixture(scope="session")
def events() -> list[Event]:
    return shop_events(5)


@pytest.fixture(scope="session")
def lake(events: list[Event], tmp_path_factory: pytest.TempPathFactory) -> ShopLake:
    folder: Path = tmp_path_factory.mktemp("shop") / "events"
    write_lake(folder, events)
    return ShopLake(str(folder))


@pytest.fixture
def live() -> Live:
    return Live()
