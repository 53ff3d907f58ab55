"""What the kernel has counted for a process: processor time and memory, from /proc (Linux)."""

import os
from pathlib import Path

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_PARENT, _UTIME, _STIME = 1, 11, 12  # fields of /proc/PID/stat after the name, see proc(5)


def cpu_seconds(pid: int) -> float:
    """Return the user and system time of all threads of a living process; resolution is 10 ms."""
    fields = _stat(pid)
    if not fields:
        raise ProcessLookupError(f"process {pid} is gone")
    return (int(fields[_UTIME]) + int(fields[_STIME])) / _TICKS_PER_SECOND


def peak_bytes(pid: int) -> int:
    """Return the most memory that a living process has had in use (resident) at once."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise ValueError(f"process {pid} has no memory of its own")


def descendants(pid: int) -> list[int]:
    """Return the living children of a process, their children, and so on."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and (fields := _stat(int(entry.name))):
            children.setdefault(int(fields[_PARENT]), []).append(int(entry.name))
    found, waiting = [], [pid]
    while waiting:
        found += (new := children.get(waiting.pop(), []))
        waiting += new
    return found


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat after the name; empty when the process is gone."""
    try:
        # The name stands in parentheses and may itself hold spaces and parentheses.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []
