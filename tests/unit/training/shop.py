"""A small shop with planted structure: its events, the lake of them, and the feature log, by plain Python.

A purchase is likelier the more a user put into the cart in the session; nothing else tells who buys.
"""

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from flink_jobs.features.schema import USER_FEATURES

START = datetime(2024, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
FIVE_MINUTES = timedelta(minutes=5)
SESSION_GAP = timedelta(minutes=30)

TIMESTAMP = pa.timestamp("us", "UTC")
_TYPES = {"int64": pa.int64(), "double": pa.float64(), "timestamp": TIMESTAMP}
LOG_SCHEMA = pa.schema(
    [
        ("user_id", pa.string()),
        ("event_timestamp", TIMESTAMP),
        ("created_timestamp", TIMESTAMP),
        ("version", pa.int64()),
        *((feature.name, _TYPES[feature.type]) for feature in USER_FEATURES),
    ]
)
EVENT_SCHEMA = pa.schema(
    [
        ("event_id", pa.string()),
        ("timestamp", TIMESTAMP),
        ("user_id", pa.string()),
        ("session_id", pa.string()),
        ("page", pa.string()),
        ("total", pa.float64()),
        ("price", pa.float64()),
        ("is_late", pa.bool_()),
        ("is_duplicate", pa.bool_()),
    ]
)


class Event(NamedTuple):
    """One event; ``price`` is what an add_to_cart put into the cart."""

    time: datetime
    user: str | None
    type: str
    session: str = "s"
    page: str | None = None
    total: float = 0.0
    price: float = 0.0
    duplicate: bool = False


def events(users: int = 60, days: int = 14, seed: int = 1) -> list[Event]:
    """Return the shop's events in the order of time."""
    rng = random.Random(seed)
    found = []
    for number in range(users):
        user = f"user_{number:03}"
        for visit in range(rng.randint(days // 2, days)):
            time = START + timedelta(seconds=rng.uniform(0, days * 86_400))
            session, additions = f"{user}-{visit}", 0
            for _ in range(rng.randint(3, 9)):
                kind = rng.choices(("page_view", "product_view", "add_to_cart"), (4, 4, 3))[0]
                additions += kind == "add_to_cart"
                page = rng.choice(("home", "catalog", "promo")) if kind == "page_view" else None
                price = 20.0 if kind == "add_to_cart" else 0.0
                found.append(Event(time, user, kind, session, page, price=price))
                time += timedelta(microseconds=rng.randint(20_000_000, 240_000_000))
            if rng.random() < (0.01, 0.05, 0.3, 0.7, 0.9)[min(additions, 4)]:
                time += timedelta(minutes=rng.uniform(1, 40))
                found.append(Event(time, user, "purchase", session, total=round(rng.uniform(10, 90), 2)))
    return sorted(found)


def features(history: list[Event], moment: datetime) -> dict[str, Any]:
    """Return one user's features as of a moment, from all of their events up to it in the order of time."""
    day = [event for event in history if _tile(event.time, HOUR) >= _tile(moment, HOUR) - 23]
    hour = [event for event in day if _tile(event.time, FIVE_MINUTES) >= _tile(moment, FIVE_MINUTES) - 11]
    last = history[-1]
    session = [event for event in day if event.session == last.session]
    session = session if moment - last.time < SESSION_GAP else []
    cart = 0.0
    for event in session:
        cart = 0.0 if event.type == "purchase" else cart + event.price
    purchases, sessions = _count(day, "purchase"), len({event.session for event in day})
    revenue = sum(event.total for event in day)
    return {
        "total_events_24h": len(day),
        "sessions_24h": sessions,
        "unique_pages_24h": len({event.page for event in day if event.page}),
        "purchases_24h": purchases,
        "cart_additions_24h": _count(day, "add_to_cart"),
        "revenue_24h": revenue,
        "avg_order_value_24h": revenue / purchases if purchases else 0.0,
        "conversion_rate_24h": 100 * purchases / sessions if sessions else 0.0,
        "first_seen": history[0].time,
        "last_seen": last.time,
        "events_1h": len(hour),
        "product_views_1h": _count(hour, "product_view"),
        "cart_additions_1h": _count(hour, "add_to_cart"),
        "purchases_1h": _count(hour, "purchase"),
        "session_events": len(session),
        "session_seconds": (session[-1].time - session[0].time).total_seconds() if session else 0.0,
        "session_cart_value": cart,
    }


def feature_log(all_events: Iterable[Event]) -> list[dict[str, Any]]:
    """Return a row a change: at each event, and where an idle user's tiles or session end."""
    by_user: dict[str, list[Event]] = defaultdict(list)
    for event in all_events:
        if event.user is not None and not event.duplicate:
            by_user[event.user].append(event)
    return [row for user, history in sorted(by_user.items()) for row in _changes(user, sorted(history))]


def write_lake(root: Path, all_events: Iterable[Event], log: Iterable[dict[str, Any]] | None = None) -> None:
    """Write ``events`` and ``user_features`` under ``root`` as Flink lays them out."""
    all_events = list(all_events)
    folders: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for number, event in enumerate(all_events):
        folders[f"event_type={event.type}/{event.time:year=%Y/month=%m/day=%d}"].append(
            {
                "event_id": f"e{number}",
                "timestamp": event.time,
                "user_id": event.user,
                "session_id": event.session,
                "page": event.page,
                "total": event.total,
                "price": event.price,
                "is_late": False,
                "is_duplicate": event.duplicate,
            }
        )
    _write(root / "events", folders, EVENT_SCHEMA)
    days: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in feature_log(all_events) if log is None else log:
        days[f"day={row['event_timestamp']:%Y-%m-%d}"].append(row)
    _write(root / "user_features", days, LOG_SCHEMA)


def _changes(user: str, history: list[Event]) -> Iterator[dict[str, Any]]:
    moments = {event.time for event in history}
    for event in history:
        moments |= {
            _start(_tile(event.time, HOUR) + 24, HOUR),
            _start(_tile(event.time, FIVE_MINUTES) + 12, FIVE_MINUTES),
            event.time + SESSION_GAP,
        }
    before, version, seen = None, 0, 0
    for moment in sorted(moments):
        while seen < len(history) and history[seen].time <= moment:
            seen += 1
        values = features(history[:seen], moment)
        if values != before:
            before, version = values, version + 1
            yield {
                "user_id": user,
                "event_timestamp": moment,
                "created_timestamp": moment,
                "version": version,
                **values,
            }


def _write(root: Path, folders: dict[str, list[dict[str, Any]]], schema: pa.Schema) -> None:
    for folder, rows in folders.items():
        (root / folder).mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist(rows, schema), root / folder / "part-0a1b-0")
        # What a commit and a file under way leave behind.
        (root / folder / "_SUCCESS").touch()
        (root / folder / ".part-0a1b-1.inprogress").write_bytes(b"PAR1")


def _count(found: list[Event], kind: str) -> int:
    return sum(event.type == kind for event in found)


def _tile(time: datetime, size: timedelta) -> int:
    return (time - START) // size


def _start(tile: int, size: timedelta) -> datetime:
    return START + tile * size
