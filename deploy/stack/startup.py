"""The start of several parts at once: all of them become healthy, or none is left."""

import signal
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait

from deploy.stack.log import last_telling_line
from deploy.stack.part import Part
from deploy.stack.run import Run
from deploy.stack.status import PartStatus, status_of
from ingestion.errors import ShopstreamError
from ingestion.interrupt import handled_by

Progress = Callable[[list[PartStatus]], None]
"""Is told the present state of all parts, several times a second."""

_POLL_SECONDS = 0.2


class Startup:
    """One start of these parts: side by side, except that a part waits until its needs are healthy."""

    def __init__(self, parts: Sequence[Part], runs: Mapping[str, Run]) -> None:
        self._parts = parts
        self._runs = runs
        self._healthy = {part.name: threading.Event() for part in parts}
        self._ended = threading.Event()

    def bring_up(self, starting: Sequence[Part], progress: Progress | None) -> None:
        """Start the ones in ``starting`` and wait until all parts are healthy, also those that ran before.

        Whatever goes wrong, the ones in ``starting`` are stopped again before the error is raised.
        """
        threads = ThreadPoolExecutor(max_workers=len(self._parts))
        try:
            waiting = {threads.submit(self._bring_up, part, part in starting) for part in self._parts}
            while waiting:
                done, waiting = wait(waiting, _POLL_SECONDS, FIRST_EXCEPTION)
                for future in done:
                    future.result()
                if progress:
                    progress([self._status(part) for part in self._parts])
            for part in self._parts:
                if self._runs[part.name].leader is None:
                    raise self._failure(part, "died right after its start")
        except BaseException:
            # Ctrl-C and the like are ignored while cleaning up, which takes a bounded time.
            with handled_by(signal.SIG_IGN):
                # A thread may be about to start its part: it must be through before the last look.
                self._ended.set()
                threads.shutdown()
                stop_parts(starting, self._runs)
            raise
        threads.shutdown()

    def _bring_up(self, part: Part, start: bool) -> None:
        for need in part.needs:
            while need in self._healthy and not self._healthy[need].wait(_POLL_SECONDS):
                if self._ended.is_set():
                    return
        if start and not self._ended.is_set():
            part.prepare()
            self._runs[part.name].start(part)
        deadline = time.monotonic() + part.start_seconds
        while not self._ended.wait(_POLL_SECONDS):
            if self._runs[part.name].leader is None:
                raise self._failure(part, "died while starting")
            if start:
                part.attend_start()
            if part.healthy():
                if start:
                    part.has_started()
                self._healthy[part.name].set()
                return
            if time.monotonic() > deadline:
                raise self._failure(part, f"is not healthy after {part.start_seconds:.0f} seconds")

    def _status(self, part: Part) -> PartStatus:
        return status_of(part, self._runs[part.name], self._healthy[part.name].is_set)

    def _failure(self, part: Part, what: str) -> ShopstreamError:
        log = self._runs[part.name].log
        return ShopstreamError(f"{part.name} {what}; its log {log} ends with: {last_telling_line(log)}")


def stop_parts(parts: Iterable[Part], runs: Mapping[str, Run]) -> list[str]:
    """Stop the last part first; return the names of those that had a living process."""
    ordered = reversed(list(parts))
    return [part.name for part in ordered if runs[part.name].stop(part.stop_seconds)]
