"""How sure a ROC AUC is: intervals by resampling users."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from training.evaluation import Array

ROUNDS = 1000
LEVEL = 0.95

Figure = Callable[[Array], float]
"""Something of the rows, each with a weight."""


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate and the 95 % interval around it."""

    estimate: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.estimate:.4f} ({self.low:.4f} to {self.high:.4f})"


def auc_interval(labels: Array, probabilities: Array, users: Array, seed: int) -> Interval:
    """Return the ROC AUC with its percentile bootstrap interval (Efron and Tibshirani, 1993, chapter 13).

    Users are drawn, not rows: the rows of one user are alike, and drawn alone would make the interval too narrow.
    The same seed gives the same interval. ValueError when all labels are the same.
    """
    return _interval(_auc(labels, probabilities), labels, users, seed)


def auc_difference(labels: Array, first: Array, second: Array, users: Array, seed: int) -> Interval:
    """Return by how much the ROC AUC of ``first`` is larger than that of ``second``, both drawn with the same users."""
    one, other = _auc(labels, first), _auc(labels, second)
    return _interval(lambda weights: one(weights) - other(weights), labels, users, seed)


def _interval(figure: Figure, labels: Array, users: Array, seed: int) -> Interval:
    if not 0 < labels.sum() < len(labels):
        raise ValueError("a ROC AUC needs rows of both labels")
    _, user = np.unique(users, return_inverse=True)
    count = int(user.max()) + 1
    rng = np.random.default_rng(seed)
    drawn = []
    for _ in range(ROUNDS):
        weights = np.bincount(rng.integers(0, count, count), minlength=count)[user].astype(float)
        # A draw may hold one label only, where purchases are very rare.
        if 0 < (weights * labels).sum() < weights.sum():
            drawn.append(figure(weights))
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(float(figure(np.ones(len(labels)))), float(low), float(high))


def _auc(labels: Array, probabilities: Array) -> Figure:
    _, place = np.unique(probabilities, return_inverse=True)
    return partial(_weighted_auc, labels.astype(float), place, int(place.max()) + 1)


def _weighted_auc(labels: Array, place: Array, places: int, weights: npt.NDArray[np.float64]) -> float:
    """The share of pairs whose positive row is placed higher, and half of those that tie (Mann and Whitney, 1947)."""
    positive = np.bincount(place, weights * labels, places)
    negative = np.bincount(place, weights * (1 - labels), places)
    below = np.cumsum(negative) - negative
    return float((positive * (below + negative / 2)).sum() / (positive.sum() * negative.sum()))
