"""Which parameters of a model are best on the train rows: 5 folds, ROC AUC."""

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from joblib import Parallel, delayed
from sklearn.base import clone
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import ParameterGrid, ParameterSampler, StratifiedGroupKFold
from sklearn.pipeline import Pipeline

from training.dataset import Part
from training.models import Candidate

Search = Literal["none", "fast", "full"]

FAST_TRIES = 4
"""Points of a model's grid that a fast search tries, drawn with the seed."""

FAST_ROWS = 25_000
"""A fast search compares its points on about so many train rows, those of users drawn with the seed."""

FOLDS = 5

OnPoint = Callable[[int, int], None]
"""Called when the points before are done with the number of the next, from 1, and how many there are."""


def points(candidate: Candidate, search: Search, seed: int) -> list[dict[str, Any]]:
    """Return the points of the model's grid that are tried: none, some drawn with the seed, or all."""
    if search == "none":
        return []
    grid = {f"model__{name}": list(values) for name, values in candidate.grid.items()}
    every = list(ParameterGrid(grid))
    if search == "full" or len(every) <= FAST_TRIES:
        return every
    return list(ParameterSampler(grid, FAST_TRIES, random_state=seed))


def fit_best(candidate: Candidate, train: Part, search: Search, seed: int, threads: int, tell: OnPoint) -> Pipeline:
    """Fit the candidate on all train rows with the best of the points, or as it is when none are tried.

    No user is on both sides of a fold, for a user's rows of one day share their label. Raises what the model raises.
    """
    pipeline = candidate.make(seed, threads)
    tried = points(candidate, search, seed)
    if tried:
        data = _drawn(train, seed) if search == "fast" else (train.inputs, train.labels, train.users)
        reached = _compared(candidate.make(seed, 1), tried, *data, seed, threads, tell)
        pipeline.set_params(**tried[int(np.argmax(reached))])
    fitted: Pipeline = pipeline.fit(train.inputs, train.labels)
    return fitted


def _compared(
    pipeline: Pipeline,
    tried: list[dict[str, Any]],
    inputs: pd.DataFrame,
    labels: "pd.Series[int]",
    users: "pd.Series[str]",
    seed: int,
    threads: int,
    tell: OnPoint,
) -> npt.NDArray[np.float64]:
    """Mean ROC AUC of each point over the folds; whole fits side by side use the cores better than one fit's."""
    split = StratifiedGroupKFold(n_splits=FOLDS, shuffle=True, random_state=seed).split(inputs, labels, users)
    folds = list(split)

    def area(point: dict[str, Any], rows: npt.NDArray[np.int64], held: npt.NDArray[np.int64]) -> float:
        fitted = clone(pipeline).set_params(**point).fit(inputs.iloc[rows], labels.iloc[rows])
        return float(roc_auc_score(labels.iloc[held], fitted.predict_proba(inputs.iloc[held])[:, 1]))

    jobs = (delayed(area)(point, *fold) for point in tried for fold in folds)
    # Threads, as the models leave the interpreter while they fit, and processes would each hold the rows.
    found: list[float] = []
    tell(1, len(tried))
    for value in Parallel(n_jobs=threads, backend="threading", return_as="generator")(jobs):
        found.append(value)
        if len(found) % FOLDS == 0 and len(found) < len(tried) * FOLDS:
            tell(len(found) // FOLDS + 1, len(tried))
    means: npt.NDArray[np.float64] = np.reshape(found, (len(tried), FOLDS)).mean(axis=1)
    return means


def _drawn(train: Part, seed: int) -> tuple[pd.DataFrame, "pd.Series[int]", "pd.Series[str]"]:
    """The rows of users drawn with the seed, about ``FAST_ROWS``; all rows where there are no more."""
    rows = len(train.labels)
    if rows <= FAST_ROWS:
        return train.inputs, train.labels, train.users
    codes, names = pd.factorize(train.users)
    share = FAST_ROWS / rows
    chosen = (np.random.default_rng(seed).random(len(names)) < share)[codes]
    return train.inputs[chosen], train.labels[chosen], train.users[chosen]
