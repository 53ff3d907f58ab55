"""What the kernel knows about processes, from /proc: who lives, who belongs together, who holds a port."""

import os
from pathlib import Path
from typing import NamedTuple

_PROC = Path("/proc")
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_LISTEN = "0A"


class Process(NamedTuple):
    """One living process. Zombies are dead: they hold nothing and cannot be ended.

    What was killed lives until its last thread is gone: the kernel shows its first thread as a zombie before, while
    the others still hold its ports and files. Then it ``is_ending``.
    """

    pid: int
    session: int
    start_ticks: int
    """Clock ticks from boot to its start; with the pid it names the process, since pids are used again."""

    is_ending: bool = False
    """Whether its first thread has ended and others have not."""


def boot_id() -> str:
    """Return the kernel's id of this boot: pids and ticks of another boot mean nothing."""
    return (_PROC / "sys/kernel/random/boot_id").read_text().strip()


def process_of(pid: int) -> Process | None:
    """Return the living process with this pid, or None."""
    try:
        stat = (_PROC / str(pid) / "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The name stands in parentheses and may itself hold spaces and parentheses.
    fields = stat.rpartition(")")[2].split()
    is_zombie, threads = fields[0] in "ZX", int(fields[17])
    if is_zombie and threads <= 1:
        return None
    return Process(pid, session=int(fields[3]), start_ticks=int(fields[19]), is_ending=is_zombie)


def processes() -> list[Process]:
    """Return every living process that this user can see."""
    pids = (int(entry.name) for entry in _PROC.iterdir() if entry.name.isdecimal())
    return [process for pid in pids if (process := process_of(pid))]


def uptime_seconds(process: Process) -> float:
    """Return how long the process has been running; not moved by a change of the wall clock."""
    since_boot = float((_PROC / "uptime").read_text().split()[0])
    return max(0.0, since_boot - process.start_ticks / _TICKS_PER_SECOND)


def has_environment(pid: int, variable: str, value: str) -> bool:
    """Tell whether a process was started with ``variable=value``; False where it may not be read."""
    try:
        environment = (_PROC / str(pid) / "environ").read_bytes()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return False
    return f"{variable}={value}".encode() in environment.split(b"\0")


def name_of(pid: int) -> str:
    """Return the short name of a program, "?" when it is gone."""
    try:
        return (_PROC / str(pid) / "comm").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):
        return "?"


def holder_of(port: int) -> int | None:
    """Return the pid that listens on this TCP port; None when nobody does or the holder may not be seen."""
    sockets = {f"socket:[{inode}]" for inode in _listening_inodes(port)}
    if not sockets:
        return None
    for process in processes():
        try:
            descriptors = list((_PROC / str(process.pid) / "fd").iterdir())
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
        if any(_target(descriptor) in sockets for descriptor in descriptors):
            return process.pid
    return None


def _listening_inodes(port: int) -> set[str]:
    inodes = set()
    for table in ("tcp", "tcp6"):
        try:
            lines = (_PROC / "net" / table).read_text().splitlines()[1:]
        except FileNotFoundError:
            continue  # A kernel without IPv6 has no such table.
        for line in lines:
            fields = line.split()
            if fields[3] == _LISTEN and int(fields[1].rpartition(":")[2], 16) == port:
                inodes.add(fields[9])
    return inodes


def _target(descriptor: Path) -> str:
    try:
        return str(descriptor.readlink())
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return ""
