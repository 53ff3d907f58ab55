"""Which parameters of a model are best on the train rows: 5 folds, ROC AUC."""

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.model_selection import ParameterGrid, ParameterSampler, StratifiedGroupKFold, cross_val_score
from sklearn.pipeline import Pipeline

from training.dataset import Part
from training.models import Candidate

Search = Literal["none", "fast", "full"]

FAST_TRIES = 4
"""Points of a model's grid that a fast search tries, drawn with the seed."""

FAST_ROWS = 40_000
"""A fast search compares its points on about so many train rows, those of users drawn with the seed."""

OnPoint = Callable[[int, int], None]
"""Called before each point with its number, from 1, and how many there are."""


def points(candidate: Candidate, search: Search, seed: int) -> list[dict[str, Any]]:
    """Return the points of the model's grid that are tried: none, some drawn with the seed, or all."""
    if search == "none":
        return []
    grid = {f"model__{name}": list(values) for name, values in candidate.grid.items()}
    every = list(ParameterGrid(grid))
    if search == "full" or len(every) <= FAST_TRIES:
        return every
    return list(ParameterSampler(grid, FAST_TRIES, random_state=seed))


def fit_best(
    candidate: Candidate, pipeline: Pipeline, train: Part, search: Search, seed: int, tell: OnPoint
) -> Pipeline:
    """Fit the pipeline on all train rows with the best of the points, or as it is when none are tried.

    No user is on both sides of a fold, for a user's rows of one day share their label. Raises what the model raises.
    """
    tried = points(candidate, search, seed)
    if tried:
        inputs, labels, users = _drawn(train, seed) if search == "fast" else (train.inputs, train.labels, train.users)
        folds = StratifiedGroupKFold(n_splits=5, shuffle=True, random_state=seed)
        split = list(folds.split(inputs, labels, users))
        reached = []
        for number, point in enumerate(tried, 1):
            tell(number, len(tried))
            trial = clone(pipeline).set_params(**point)
            scores = cross_val_score(trial, inputs, labels, scoring="roc_auc", cv=split, error_score="raise")
            reached.append(float(scores.mean()))
        pipeline = clone(pipeline).set_params(**tried[int(np.argmax(reached))])
    fitted: Pipeline = pipeline.fit(train.inputs, train.labels)
    return fitted


def _drawn(train: Part, seed: int) -> tuple[pd.DataFrame, "pd.Series[int]", "pd.Series[str]"]:
    """The rows of users drawn with the seed, about ``FAST_ROWS``; all rows where there are no more."""
    rows = len(train.labels)
    if rows <= FAST_ROWS:
        return train.inputs, train.labels, train.users
    codes, names = pd.factorize(train.users)
    share = FAST_ROWS / rows
    chosen = (np.random.default_rng(seed).random(len(names)) < share)[codes]
    return train.inputs[chosen], train.labels[chosen], train.users[chosen]
