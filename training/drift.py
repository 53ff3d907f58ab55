"""Whether what comes to the model now is like what it was trained on: the population stability index."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from training.evaluation import Array

BINS = 10
SCORE = "score"
"""Name under which the model's probabilities are among the columns."""

STEADY, SHIFTED = 0.1, 0.25
"""Below the one nothing has changed, above the other much has (Siddiqi, Credit Risk Scorecards, 2006, chapter 9)."""

_LEAST_SHARE = 1e-4


@dataclass(frozen=True, slots=True)
class Distribution:
    """Shares of values between edges: ``len(edges) + 1`` of them, each up to and including its edge."""

    edges: tuple[float, ...]
    shares: tuple[float, ...]

    @classmethod
    def of(cls, values: Array) -> "Distribution":
        """Cut at the deciles; equal ones, as of a count that is mostly 0, give fewer and unequal bins."""
        # The greatest value is no edge: nothing would lie beyond it.
        edges = np.unique(np.quantile(values, np.arange(1, BINS) / BINS))
        edges = edges[edges < values.max()]
        return cls(tuple(map(float, edges)), tuple(map(float, _shares(values, edges))))

    def shares_of(self, values: Array) -> Array:
        """Return the shares of other values between the same edges."""
        return _shares(values, np.array(self.edges))


def _shares(values: Array, edges: Array) -> Array:
    counts: Array = np.bincount(np.searchsorted(edges, values, side="left"), minlength=len(edges) + 1)
    return counts / max(1, len(values))


def stability_index(expected: Sequence[float] | Array, found: Sequence[float] | Array) -> float:
    """Return the sum of (found - expected) * ln(found / expected) over the bins; 0 for equal shares.

    A share below 0.0001 counts as that, for the logarithm has no value at 0.
    """
    one = np.maximum(np.asarray(expected, float), _LEAST_SHARE)
    other = np.maximum(np.asarray(found, float), _LEAST_SHARE)
    return float(((other - one) * np.log(other / one)).sum())


def reference(inputs: pd.DataFrame, probabilities: Array) -> dict[str, Any]:
    """Return, as plain values, how the columns of a model's training rows and its later scores are distributed."""
    columns = {str(name): inputs[name].to_numpy() for name in inputs.columns} | {SCORE: probabilities}
    found = {name: Distribution.of(values) for name, values in columns.items()}
    return {name: {"edges": list(one.edges), "shares": list(one.shares)} for name, one in found.items()}


@dataclass(frozen=True, slots=True)
class ColumnDrift:
    """One column, or the score, then and now."""

    column: str
    index: float
    edges: tuple[float, ...]
    expected: tuple[float, ...]
    found: tuple[float, ...]

    @property
    def verdict(self) -> str:
        """In a word."""
        return "steady" if self.index < STEADY else "moved" if self.index <= SHIFTED else "shifted"


def drift(before: Mapping[str, Any], inputs: pd.DataFrame, probabilities: Array) -> list[ColumnDrift]:
    """Compare with ``reference``; the score first, then the columns, those that moved most at the top.

    Raises KeyError for a column that the reference has and ``inputs`` has not.
    """
    found = []
    for name, one in before.items():
        expected = Distribution(tuple(one["edges"]), tuple(one["shares"]))
        shares = expected.shares_of(probabilities if name == SCORE else inputs[name].to_numpy())
        index = stability_index(expected.shares, shares)
        found.append(ColumnDrift(name, index, expected.edges, expected.shares, tuple(map(float, shares))))
    return sorted(found, key=lambda one: (one.column != SCORE, -one.index))
