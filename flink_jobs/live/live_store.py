"""The latest windows of each result in Redis.

Keys: ``live:RESULT`` is a sorted set of window starts (text and score: seconds since 1970 UTC);
``live:RESULT:SECONDS`` is a hash of that window's rows, row key to JSON. The JVM writes them:
``operators/.../redis/LiveBatch.java``.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import redis

KEPT = timedelta(hours=48)
"""How long a window stays after its last change, by the server's clock, and the span of windows that is listed."""

SIZES = {
    "page_views": timedelta(minutes=1),
    "revenue": timedelta(minutes=5),
    "user_activity": timedelta(minutes=10),
    "funnel_stages": timedelta(minutes=15),
    "funnel_conversions": timedelta(hours=1),
    "anomalies": timedelta(minutes=10),
}
"""The results that have live rows, with the time from one window's start to the next. An alert is listed with the
window that it began in."""


class LiveStore:
    """The live rows, for the programs that show them; the job writes them (``live/job.py``).

    A server that is away raises ``redis.exceptions.ConnectionError`` or ``TimeoutError``.
    """

    def __init__(self, address: str, seconds: float = 10) -> None:
        """``address`` is ``host:port``; ``seconds`` the longest wait for an answer."""
        host, _, port = address.rpartition(":")
        self._redis = redis.Redis(host=host, port=int(port), socket_timeout=seconds, socket_connect_timeout=5)

    def windows(self, result: str, most: int = 100) -> list[datetime]:
        """Return the starts of the newest windows, newest first, UTC; KeyError for a result without live rows."""
        _ = SIZES[result]
        starts: Any = self._redis.zrevrange(f"live:{result}", 0, most - 1)
        return [datetime.fromtimestamp(int(start), UTC) for start in starts]

    def between(self, result: str, start: datetime, until: datetime) -> list[datetime]:
        """Return the starts of the windows that begin in [start, until), oldest first, UTC."""
        _ = SIZES[result]
        starts: Any = self._redis.zrangebyscore(f"live:{result}", start.timestamp(), f"({until.timestamp()}")
        return [datetime.fromtimestamp(int(found), UTC) for found in starts]

    def rows(self, result: str, windows: Sequence[datetime]) -> list[dict[str, Any]]:
        """Return the rows of these windows, each with its ``window_start``; none for a window that is gone."""
        pipeline = self._redis.pipeline(transaction=False)
        for window in windows:
            pipeline.hgetall(f"live:{result}:{int(window.timestamp())}")
        return [
            {"window_start": window, **json.loads(values)}
            for window, found in zip(windows, pipeline.execute(), strict=True)
            for _, values in sorted(found.items())
        ]

    def sizes(self, result: str, windows: Sequence[datetime]) -> list[int]:
        """Return how many rows each of these windows has."""
        pipeline = self._redis.pipeline(transaction=False)
        for window in windows:
            pipeline.hlen(f"live:{result}:{int(window.timestamp())}")
        return [int(found) for found in pipeline.execute()]

    def some_keys(self, result: str, window: datetime, most: int) -> list[str]:
        """Return row keys of a window, drawn at random."""
        found: Any = self._redis.hrandfield(f"live:{result}:{int(window.timestamp())}", most)
        return [key.decode() for key in found or []]

    def close(self) -> None:
        """Close the connections."""
        self._redis.close()
