"""What can go wrong with a running shop, each by its name; a fault that lasts is over when its function returns."""

import contextlib
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from deploy.stack.run import Run
from deploy.stack.settings import StackSettings
from tests.chaos.proxy import Proxy

PAUSE_SECONDS = 30
CUT_SECONDS = 5
FULL_SECONDS = 15


class Faults:
    """The faults of one stack; ``all()`` gives those that can be made on this machine."""

    def __init__(self, settings: StackSettings, proxy: Proxy, checkpoints: Path | None) -> None:
        """``checkpoints`` is the small file system that holds the checkpoints, where there is one."""
        self._settings = settings
        self._proxy = proxy
        self._checkpoints = checkpoints

    def all(self) -> dict[str, Callable[[], None]]:
        """Return them by name."""
        kills = ("flink-taskmanager", "flink-jobmanager", "kafka", "valkey", "scorer")
        pauses = ("flink-taskmanager", "flink-jobmanager", "kafka", "valkey")
        return {
            **{f"kill {part}": lambda part=part: self.kill(part) for part in kills},  # type: ignore[misc]
            **{f"pause {part}": lambda part=part: self.pause(part) for part in pauses},  # type: ignore[misc]
            "cut the store's connections": self.cut,
            **({"fill the checkpoints' disk": self.fill} if self._checkpoints else {}),
        }

    def _pid(self, part: str) -> int | None:
        leader = Run(self._settings, part).leader
        return leader.pid if leader else None

    def kill(self, part: str) -> None:
        """SIGKILL the part's first process; one that is dead already is left so."""
        if pid := self._pid(part):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def pause(self, part: str) -> None:
        """Stop the part's process for 30 seconds, unless it ends meanwhile."""
        pid = self._pid(part)
        if pid is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
            try:
                time.sleep(PAUSE_SECONDS)
            finally:
                os.kill(pid, signal.SIGCONT)

    def cut(self) -> None:
        """Reset the job's connections to the online store, and refuse new ones for some seconds."""
        self._proxy.cut()
        try:
            time.sleep(CUT_SECONDS)
        finally:
            self._proxy.mend()

    def fill(self) -> None:
        """Leave no byte free where checkpoints go, for some seconds."""
        assert self._checkpoints is not None
        ballast = self._checkpoints / "ballast"
        try:
            with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
                while file.write(b"\0" * 65_536):
                    pass
            time.sleep(FULL_SECONDS)
        finally:
            ballast.unlink(missing_ok=True)
