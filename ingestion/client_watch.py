"""Looks after a Kafka client that may stop for good without saying so."""

import threading
from collections.abc import Callable

from ingestion.errors import ShopstreamError


class ClientWatch:
    """A thread that has the client replaced when it hangs, and tries again until Kafka can be reached."""

    def __init__(self, hangs: Callable[[], bool], replace: Callable[[], None], every_seconds: float = 1.0) -> None:
        """``hangs`` tells whether to replace the client; ``replace`` raises ShopstreamError while it cannot."""
        self._hangs = hangs
        self._replace = replace
        self._every = every_seconds
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="client-watch", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread; a replacement under way is waited for."""
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(self._every):
            if self._hangs():
                try:
                    self._replace()
                except ShopstreamError:
                    # Kafka is away: whoever sends meanwhile is told so, and the next look tries again.
                    continue
