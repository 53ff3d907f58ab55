"""The days of a feature log: folders ``day=2026-11-01``, each replaced whole."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path


def days(first: date, until: date) -> Iterator[str]:
    """Yield the folder names of the days from ``first`` to the one before ``until``."""
    for number in range((until - first).days):
        yield f"day={first + timedelta(days=number)}"


def replace(log: Path, rebuilt: Path, kept: Path, first: date, until: date) -> int:
    """Put the days of ``rebuilt`` in place of those of ``log``, whose own go to ``kept``; return how many changed.

    A day is absent from the log for the time between two renames. A day without rows in ``rebuilt`` has none in the
    log afterwards. What is broken off can be called again with a ``rebuilt`` made anew; ``kept`` then has the old days.
    """
    changed = 0
    for day in days(first, until):
        old, new = log / day, rebuilt / day
        if old.exists():
            kept.mkdir(parents=True, exist_ok=True)
            old.rename(kept / day)
        if new.exists():
            log.mkdir(parents=True, exist_ok=True)
            new.rename(log / day)
        changed += (kept / day).exists() or (log / day).exists()
    return changed
