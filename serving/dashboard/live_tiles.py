"""The newest windows, read twice a second while somebody looks."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from redis.exceptions import RedisError

from flink_jobs.live.live_store import SIZES, LiveStore

EVERY_SECONDS = 0.5
_RESULTS = ("page_views", "revenue", "funnel_stages", "user_activity")


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure of the window that began last; ``start`` None before there is one."""

    start: datetime | None = None
    length: timedelta = timedelta()
    value: float = 0.0
    unit: str = ""


class LiveTiles:
    """The tiles by name; ``problem`` says why they stand still. One reading serves all viewers."""

    def __init__(self, store: LiveStore, address: str) -> None:
        """``address`` is told to people."""
        self._store = store
        self._address = address
        self._read_at = 0.0
        self._reading: asyncio.Task[None] | None = None
        self.tiles: dict[str, Tile] = {}
        self.problem: str | None = None

    async def refresh(self) -> None:
        """Read anew unless that was done a moment ago."""
        now = asyncio.get_running_loop().time()
        if self._reading is None or (self._reading.done() and now - self._read_at >= EVERY_SECONDS * 0.8):
            self._read_at = now
            self._reading = asyncio.create_task(self._read())
        await asyncio.shield(self._reading)

    async def _read(self) -> None:
        try:
            self.tiles = await asyncio.to_thread(self._newest)
            self.problem = None
        except (RedisError, OSError):
            self.problem = f"Redis at {self._address} is away: the live figures stand still."

    def _newest(self) -> dict[str, Tile]:
        windows = {result: self._store.windows(result, 1) for result in _RESULTS}
        views = self._rows("page_views", windows)
        orders = self._rows("revenue", windows)
        stages = self._rows("funnel_stages", windows)
        currency = str(orders[0]["currency"]) if orders else "USD"
        revenue = sum(float(row["total_revenue"]) for row in orders if row["currency"] == currency)
        active = self._store.sizes("user_activity", windows["user_activity"])
        figures = {
            "page_views": (sum(float(row["page_views"]) for row in views), ""),
            "revenue": (revenue, currency),
            "funnel_stages": (sum(float(row["count"]) for row in stages if row["stage"] == "purchase"), ""),
            "user_activity": (float(sum(active)), ""),
        }
        return {
            result: Tile(start[0] if start else None, SIZES[result], *figures[result])
            for result, start in windows.items()
        }

    def _rows(self, result: str, windows: dict[str, list[datetime]]) -> list[dict[str, Any]]:
        return self._store.rows(result, windows[result])


def age(tile: Tile) -> timedelta | None:
    """Return how long ago the window of a tile ended; None while it is under way."""
    if tile.start is None:
        return None
    ended = datetime.now(UTC) - tile.start - tile.length
    return ended if ended > timedelta() else None
