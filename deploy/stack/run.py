"""A started part: its record on disk, its processes, and how they end."""

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable

from pydantic import BaseModel

from deploy.stack.part import Part
from deploy.stack.process import Process, boot_id, has_environment, process_of, processes, uptime_seconds
from deploy.stack.settings import ROOT, StackSettings

MARK = "SHOPSTREAM_PART"
"""Variable in the environment of every process of a part; its value names the state folder and the part."""

_KILL_SECONDS = 5
_POLL_SECONDS = 0.05
# A shell's own settings for another Flink would move this one; the last makes every Python start slow.
_NOT_INHERITED = re.compile(r"_?FLINK_|JVM_ARGS$|HADOOP_|MLFLOW_|PYTHONDONTWRITEBYTECODE$")


class Record(BaseModel):
    """What a later command needs to find a part again."""

    pid: int
    start_ticks: int
    boot: str
    listens: list[str]


class Run:
    """The processes of one part in one state folder, whoever started them.

    A part leads its own session, and all its processes carry a mark in their environment. So they are found
    and ended together, also when the leader was killed or its record was never written. A pid alone is never
    trusted.
    """

    def __init__(self, settings: StackSettings, name: str) -> None:
        self._settings = settings
        self.name = name
        self.log = settings.logs / f"{name}.log"
        self._record_path = settings.home / "run" / f"{name}.json"
        self._mark = f"{settings.home}#{name}"
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def record(self) -> Record | None:
        """The record of the last start; None after a stop or a restart of the machine."""
        try:
            record = Record.model_validate_json(self._record_path.read_bytes())
        except FileNotFoundError:
            return None
        return record if record.boot == boot_id() else None

    @property
    def leader(self) -> Process | None:
        """The part's first process, if it lives and is not about to end."""
        process = self._first()
        return None if process is None or process.is_ending else process

    def _first(self) -> Process | None:
        if self._child is not None:
            self._child.poll()  # A dead child of ours would stay a zombie.
        record = self.record
        process = process_of(record.pid) if record else None
        return process if record and process and process.start_ticks == record.start_ticks else None

    @property
    def uptime(self) -> float | None:
        """Seconds since the start; None when the leader is dead."""
        leader = self.leader
        return uptime_seconds(leader) if leader else None

    def members(self) -> list[Process]:
        """Return all living processes of the part, the leader's children among them."""
        record = self.record
        # The kernel gives a session's number to nobody else while the session has a member.
        session = record.pid if record and (self._first() or process_of(record.pid) is None) else None
        return [
            process
            for process in processes()
            if process.pid != os.getpid()
            and (process.session == session or has_environment(process.pid, MARK, self._mark))
        ]

    def start(self, part: Part) -> None:
        """Start the part in a session of its own. Its output is its log; the log before is kept as ``.1``."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self._record_path.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists():
            self.log.replace(self.log.with_name(self.log.name + ".1"))
        inherited = {key: value for key, value in os.environ.items() if not _NOT_INHERITED.match(key)}
        with self.log.open("wb") as log:
            child = subprocess.Popen(  # noqa: S603 - the part's own command, no shell
                part.command(),
                cwd=ROOT,
                env={**inherited, **part.environment(), MARK: self._mark},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._child = child
        process = process_of(child.pid)
        record = Record(
            pid=child.pid,
            # A part that is dead already matches no living process.
            start_ticks=process.start_ticks if process else -1,
            boot=boot_id(),
            listens=[str(address) for address in part.addresses()],
        )
        scratch = self._record_path.with_suffix(".new")
        scratch.write_text(record.model_dump_json())
        scratch.replace(self._record_path)

    def stop(self, seconds: float) -> bool:
        """End all processes of the part: SIGTERM to the leader, after ``seconds`` SIGKILL to what is left.

        Returns whether anything was running. The record is removed once nothing is left.
        """
        found = bool(self.members())
        leader = self.leader
        if leader:
            _signal(leader, signal.SIGTERM)
            _wait(lambda: self.leader is None, seconds)
        # Children outlive a leader that was killed; a short while to end by themselves, then no more asking.
        for process in self.members():
            _signal(process, signal.SIGTERM)
        _wait(lambda: not self.members(), 0 if leader and self.leader else 2)
        deadline = time.monotonic() + _KILL_SECONDS
        while (left := self.members()) and time.monotonic() < deadline:
            for process in left:
                _signal(process, signal.SIGKILL)
            time.sleep(_POLL_SECONDS)
        if left:
            raise RuntimeError(f"{self.name}: pids {[process.pid for process in left]} survived SIGKILL")
        self._record_path.unlink(missing_ok=True)
        return found


def _signal(process: Process, number: signal.Signals) -> None:
    current = process_of(process.pid)
    if current and current.start_ticks == process.start_ticks:
        try:
            os.kill(process.pid, number)
        except ProcessLookupError:
            return  # It ended by itself in between, which is what was wanted.


def _wait(condition: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
