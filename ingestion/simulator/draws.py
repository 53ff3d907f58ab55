"""Random numbers, drawn in blocks: one at a time from numpy costs twenty times as much."""

from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate

import numpy as np

_BLOCK = 8192


def uniforms(random: np.random.Generator) -> Callable[[], float]:
    """Return a function that gives numbers of [0, 1)."""

    def blocks() -> Iterator[float]:
        while True:
            yield from random.random(_BLOCK).tolist()

    return blocks().__next__


def exponentials(random: np.random.Generator) -> Callable[[], float]:
    """Return a function that gives exponential numbers of mean 1."""

    def blocks() -> Iterator[float]:
        while True:
            yield from random.standard_exponential(_BLOCK).tolist()

    return blocks().__next__


def choices(random: np.random.Generator, shares: Sequence[float]) -> Callable[[], int]:
    """Return a function that gives an index with the given shares, which need not add up to 1."""
    thresholds = np.array(list(accumulate(shares)))

    def blocks() -> Iterator[int]:
        while True:
            drawn = random.random(_BLOCK) * thresholds[-1]
            yield from np.searchsorted(thresholds, drawn, side="right").tolist()

    return blocks().__next__
