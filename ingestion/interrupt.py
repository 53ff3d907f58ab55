"""Ctrl-C as a flag: an exception in the middle of a send could leave it half done."""

import signal
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

INTERRUPTIONS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""What ends a program in order."""


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
def handled_by(handler: Any, numbers: Iterable[signal.Signals] = INTERRUPTIONS) -> Iterator[None]:
    """Give these signals to ``handler``, as ``signal.signal`` takes one, until the end of the block.

    In any thread but the main one no signal comes, and the block runs as it is.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, previous in before.items():
            signal.signal(number, signal.SIG_DFL if previous is None else previous)


@contextmanager
def ctrl_c() -> Iterator[Stop]:
    """Turn the first Ctrl-C into a flag; a second one ends the program at once.

    In any thread but the main one there is no Ctrl-C, and the flag stays down.
    """
    stop = Stop()

    def interrupt(number: int, frame: Any) -> None:
        if stop.requested:
            signal.default_int_handler(number, frame)
        stop.requested = True

    with handled_by(interrupt, (signal.SIGINT,)):
        yield stop


@contextmanager
def held_back() -> Iterator[None]:
    """Let signals that would raise an exception wait until the end of the block, which must be short."""
    came: list[int] = []
    raising = [number for number in INTERRUPTIONS if callable(signal.getsignal(number))]
    try:
        with handled_by(lambda number, _frame: came.append(number), raising):
            yield
    finally:
        for number in came:
            signal.raise_signal(number)
