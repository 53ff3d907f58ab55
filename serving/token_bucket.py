"""A token bucket: so many a second, more for a moment."""

import time
from collections.abc import Callable


class TokenBucket:
    """Fills at ``rate`` tokens a second up to ``burst``; full at first. For one thread."""

    def __init__(self, rate: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._tokens = float(burst)
        self._filled_at = clock()

    def take(self, count: int) -> float:
        """Take ``count`` tokens and return 0, or take none and return after how many seconds to ask again.

        More than ``burst`` are given when the bucket is full, and owed afterwards: a large batch is slowed
        down, not refused for ever.
        """
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + (now - self._filled_at) * self._rate)
        self._filled_at = now
        missing = min(count, self._burst) - self._tokens
        if missing > 0:
            return missing / self._rate
        self._tokens -= count
        return 0.0
