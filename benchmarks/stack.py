"""A benchmark's own services: on free ports, in a folder of their own, gone afterwards."""

import contextlib
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from deploy.stack.settings import StackSettings
from deploy.stack.stack import Stack


@contextlib.contextmanager
def running(*parts: str, **settings: Any) -> Iterator[StackSettings]:
    """Start parts of the local stack ("kafka", "valkey", "flink", ...) and give their addresses.

    ``settings`` are fields of StackSettings. Raises ShopstreamError when a part cannot start. Everything is
    stopped and its state deleted when the block is left, however that happens: SIGTERM leaves it too.
    """
    with tempfile.TemporaryDirectory(prefix="shopstream-benchmark-") as folder, _ending_on_sigterm():
        chosen = StackSettings.on_free_ports(Path(folder), **settings)
        stack = Stack(chosen, parts)
        try:
            stack.up()
            yield chosen
        finally:
            stack.down()


@contextlib.contextmanager
def _ending_on_sigterm() -> Iterator[None]:
    """Make SIGTERM (of ``timeout``, of a runner of jobs) an exception: the services would outlive this process."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
