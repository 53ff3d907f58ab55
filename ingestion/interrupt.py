"""Ctrl-C as a flag: an exception in the middle of a send could leave it half done."""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_RAISING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stop:
    """Whether Ctrl-C was pressed. A plain attribute: a lock taken in a signal handler could deadlock."""

    _SLICE_SECONDS = 0.1

    def __init__(self) -> None:
        self.requested = False

    def sleep_until(self, due: float) -> None:
        """Sleep until ``due`` on the monotonic clock, or until shortly after Ctrl-C."""
        while not self.requested and (left := due - time.monotonic()) > 0:
            time.sleep(min(left, self._SLICE_SECONDS))


@contextmanager
def ctrl_c() -> Iterator[Stop]:
    """Turn the first Ctrl-C into a flag; a second one ends the program at once.

    In any thread but the main one there is no Ctrl-C, and the flag stays down.
    """
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    previous = signal.getsignal(signal.SIGINT)

    def interrupt(number: int, frame: Any) -> None:
        if stop.requested:
            signal.default_int_handler(number, frame)
        stop.requested = True

    signal.signal(signal.SIGINT, interrupt)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, previous)


@contextmanager
def held_back() -> Iterator[None]:
    """Let signals that would raise an exception wait until the end of the block, which must be short.

    In any thread but the main one signals raise nothing, and the block runs as it is.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    before = {number: handler for number in _RAISING if callable(handler := signal.getsignal(number))}
    for number in before:
        signal.signal(number, lambda caught, _frame: came.append(caught))
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for caught in came:
            signal.raise_signal(caught)
