"""Synthetic counts of an event type: a daily and a weekly rhythm, noise that clusters, and planted anomalies."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SLOTS_PER_DAY = 144
SLOTS_PER_WINDOW = 6

_WEEKEND = 0.75
_DRIFT = 0.05
_DRIFT_SLOTS = 72


@dataclass(frozen=True, slots=True)
class Planted:
    """From slot ``start`` on, for ``slots`` ten-minute slots, events come at ``factor`` times their rate."""

    start: int
    slots: int
    factor: float

    @property
    def windows(self) -> range:
        """The windows that hold a part of it, by the slot in which they begin."""
        return range(self.start - SLOTS_PER_WINDOW + 1, self.start + self.slots)


def hours(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the events of each window of six slots, the first window at slot 0; five fewer than there are slots."""
    return np.convolve(counts, np.ones(SLOTS_PER_WINDOW, dtype=np.int64), "valid")


def slot_counts(
    rng: np.random.Generator,
    days: int,
    per_hour: float,
    dispersion: float,
    planted: Iterable[Planted] = (),
) -> NDArray[np.int64]:
    """Return the events of each ten minutes from a Thursday 00:00 on.

    ``per_hour``: mean on a working day. ``dispersion``: variance of a slot's count over its mean, 1 for Poisson; above
    it events come in clusters, as sessions do (negative binomial). Days 2 and 3, 9 and 10, ... have three quarters of
    the events, and the level drifts by 5 %, with a memory of half a day.
    """
    slots = days * SLOTS_PER_DAY
    slot = np.arange(slots)
    day = 2 * np.pi * slot / SLOTS_PER_DAY
    rhythm = 1 + 0.6 * np.sin(day - 1.9) + 0.15 * np.sin(2 * day)
    week = np.where((slot // SLOTS_PER_DAY + 3) % 7 >= 5, _WEEKEND, 1.0)
    rate = per_hour / SLOTS_PER_WINDOW * rhythm * week * np.exp(_drift(rng, slots))
    for each in planted:
        rate[each.start : each.start + each.slots] *= each.factor
    counts: NDArray[np.int64]
    if dispersion > 1:
        counts = rng.negative_binomial(np.maximum(rate, 1e-9) / (dispersion - 1), 1 / dispersion)
    else:
        counts = rng.poisson(rate)
    return counts


def _drift(rng: np.random.Generator, slots: int) -> NDArray[np.float64]:
    keep = np.exp(-1 / _DRIFT_SLOTS)
    steps = rng.normal(size=slots) * _DRIFT * np.sqrt(1 - keep**2)
    drift = np.zeros(slots)
    for slot in range(1, slots):
        drift[slot] = keep * drift[slot - 1] + steps[slot]
    return drift
