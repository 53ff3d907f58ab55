"""One `up` or `down` at a time on a state folder."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from ingestion.errors import ShopstreamError


class BusyError(ShopstreamError):
    """Another command is at work on the stack."""


@contextlib.contextmanager
def only_one(folder: Path, verb: str) -> Iterator[None]:
    """Hold the folder's lock; the kernel gives it back when this process ends, however it ends.

    BusyError names the process that holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            holder = lock.read().strip() or "another command"
            raise BusyError(f"{holder} is at work on this stack: wait for it, or stop it with Ctrl-C") from error
        lock.truncate(0)
        lock.write(f"`shopstream {verb}` (pid {os.getpid()})")
        lock.flush()
        yield
