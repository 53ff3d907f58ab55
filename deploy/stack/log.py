"""The log of a part, as far as the stack reads it."""

import os
import re
from pathlib import Path

_TELLING = re.compile(r"ERROR|FATAL|Error\b|Exception|Caused by|[Ee]rror:")
_STACK_FRAME = re.compile(r"\s+(at |\.\.\. \d+ more|File \"|\^)")


def last_telling_line(log: Path) -> str:
    """Return the last line of a log that tells of an error, else its last line; at most 200 characters."""
    if not log.exists():
        return "the log is empty"
    with log.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - 65_536))
        lines = file.read().decode(errors="replace").splitlines()
    lines = [line.rstrip() for line in lines if line.strip() and not _STACK_FRAME.match(line)]
    telling = [number for number, line in enumerate(lines) if _TELLING.search(line)]
    if not lines:
        return "the log is empty"
    line = lines[telling[-1] if telling else -1].strip()
    # The JVM says in one line that it failed and in the next one why.
    if telling and ":" not in line and telling[-1] + 1 < len(lines):
        line = f"{line}: {lines[telling[-1] + 1].strip()}"
    return line[:200]
