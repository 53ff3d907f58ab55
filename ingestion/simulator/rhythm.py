"""The daily rhythm: how many visits begin at each hour of the day."""

import math

import numpy as np
from numpy.typing import NDArray

from ingestion.simulator.scenario import Scenario

_DAY_US = 86_400 * 1_000_000
_HARMONICS = ((1, 0.60, 16.0), (2, 0.15, 20.0))
"""Times a day, amplitude, hour (UTC) of the peak."""

HIGHEST = 1 + sum(amplitude for _, amplitude, _ in _HARMONICS)
"""No value of the curve is above it."""


def curve(us: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the rate over its daily mean at the moments (microseconds since 1970, UTC).

    ``1 + 0.60 cos(2 pi (h - 16) / 24) + 0.15 cos(4 pi (h - 20) / 24)`` with h in hours: 0.3 at 3 in the
    night, 1.6 at 18 o'clock; the mean of a day is 1.
    """
    value = np.ones(us.shape)
    for times, amplitude, peak in _HARMONICS:
        value += amplitude * np.cos(2 * math.pi * times * (us / _DAY_US - peak / 24))
    return value


def _integral(us: float) -> float:
    total = us
    for times, amplitude, peak in _HARMONICS:
        turn = 2 * math.pi * times
        total += amplitude * _DAY_US / turn * math.sin(turn * (us / _DAY_US - peak / 24))
    return total


class Rhythm:
    """The curve over one run, scaled so that its mean over the run is 1; constant 1 when the run is flat.

    Outside the run it goes on with the same scale.
    """

    def __init__(self, scenario: Scenario) -> None:
        self._flat = scenario.flat
        self._origin = scenario.start_us - scenario.start_us % _DAY_US
        span = scenario.end_us - scenario.start_us
        self._mean = self._area(scenario.start_us, scenario.end_us) / span
        self.highest = 1.0 if self._flat else HIGHEST / self._mean
        """No factor of the run is above it."""

    def factors(self, us: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the factor on the mean rate at each moment (microseconds since 1970)."""
        return np.ones(us.shape) if self._flat else curve(us - self._origin) / self._mean

    def area(self, start_us: int, end_us: int) -> float:
        """Return the integral of the factor, in seconds."""
        return self._area(start_us, end_us) / self._mean / 1e6

    def _area(self, start_us: int, end_us: int) -> float:
        if self._flat:
            return end_us - start_us
        # Relative to a midnight: microseconds since 1970 have no digits to spare for a sine.
        return _integral(end_us - self._origin) - _integral(start_us - self._origin)
