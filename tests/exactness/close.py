"""Whether two rows are the same: counts and texts exactly, numbers to 1e-9 of their value."""

from typing import Any

import pytest


def is_close(found: tuple[Any, ...] | None, expected: tuple[Any, ...] | None) -> bool:
    """Compare value by value; None is a row that is not there."""
    if found is None or expected is None or len(found) != len(expected):
        return False
    return all(
        got == pytest.approx(float(want), rel=1e-9)
        if isinstance(got, int | float) and not isinstance(want, list | str)
        else list(got) == list(want)
        for got, want in zip(found, expected, strict=True)
    )
