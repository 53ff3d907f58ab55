"""Keeps the stack's parts running: what dies or hangs is started again."""

import threading
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime

from deploy.stack.lock import BusyError
from deploy.stack.settings import StackSettings
from deploy.stack.stack import Stack
from deploy.stack.status import PartStatus, State
from ingestion.errors import ShopstreamError

_POLL_SECONDS = 0.5
_HANGING_SECONDS = 45
"""A part that lives but has not answered for so long is ended and started anew."""


class Supervisor:
    """Watches the parts that run now or have died; a part that was stopped on purpose stays so."""

    def __init__(
        self, settings: StackSettings, tell: Callable[[str], None], parts: Iterable[str] | None = None
    ) -> None:
        """``tell`` is given a line for each thing that was done."""
        self._settings = settings
        self._stack = Stack(settings, parts)
        self._tell = tell
        self._silent_since: dict[str, datetime] = {}
        # A start that failed leaves its part as if it had been stopped on purpose.
        self._failed: set[str] = set()

    def run(self, ended: threading.Event) -> None:
        """Watch until ``ended`` is set. A part that does not start is told of and tried again."""
        while not ended.wait(_POLL_SECONDS):
            for part in self._stack.status():
                self._look_at(part)

    def _look_at(self, part: PartStatus) -> None:
        stack = Stack(self._settings, [part.name])
        if part.state is State.UNHEALTHY:
            since = self._silent_since.setdefault(part.name, datetime.now(UTC))
            if (datetime.now(UTC) - since).total_seconds() < _HANGING_SECONDS:
                return
            self._tell(f"{part.name} has not answered for {_HANGING_SECONDS} s: ending it")
            self._started(part.name, lambda: [stack.down(), stack.up()])
        elif part.name in self._failed:
            self._started(part.name, stack.up)
        elif part.state is State.DEAD:
            self._started(part.name, stack.revive)
        else:
            self._silent_since.pop(part.name, None)

    def _started(self, name: str, start: Callable[[], Sequence[object]]) -> None:
        begun = datetime.now(UTC)
        try:
            what = start()
        except BusyError:
            return  # Whoever is at work may have stopped it on purpose: the next look tells.
        except ShopstreamError as error:
            self._failed.add(name)
            self._tell(str(error))
            return
        self._failed.discard(name)
        self._silent_since.pop(name, None)
        if what:
            self._tell(f"{name} was dead and runs again after {(datetime.now(UTC) - begun).total_seconds():.0f} s")
