"""Waiting for a Redis server that is away."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import redis

_AWAY = (redis.exceptions.ConnectionError, redis.exceptions.TimeoutError, redis.exceptions.BusyLoadingError)
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to try again while a server is away, or loads its data."""

    seconds: float

    def call(self, write: Callable[[], Answer]) -> Answer:
        """Call ``write``, which must be repeatable, until it answers; at the end raise what it raised last."""
        deadline = time.monotonic() + self.seconds
        pause = _FIRST_PAUSE
        while True:
            try:
                return write()
            except _AWAY:
                if time.monotonic() + pause > deadline:
                    raise
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
