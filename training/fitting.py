"""Fits the models of a task and judges them on its later rows."""

import warnings
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import RandomizedSearchCV, StratifiedGroupKFold
from sklearn.pipeline import Pipeline

from training.dataset import Dataset, Part
from training.evaluation import Array, Scores, best_threshold, scores
from training.models import Candidate

Search = Literal["none", "fast"]

FAST_TRIES = 4
"""Points of a model's grid that a fast search tries, drawn with the seed."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """A fitted model and what it reached."""

    candidate: Candidate
    pipeline: Pipeline
    parameters: dict[str, Any]
    threshold: float
    """Best F1 on the validation rows."""
    validation: Scores
    test: Scores
    test_probabilities: Array
    """Of label 1, by row of the test part."""


def fit(candidate: Candidate, data: Dataset, search: Search, seed: int, threads: int) -> Fitted:
    """Fit on the train rows, choose the threshold on the validation rows, judge on both later parts.

    Raises whatever the model raises; the same data, search and seed give the same model.
    """
    pipeline = candidate.make(seed, threads)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=ConvergenceWarning)
        # scikit-learn hands arrays from step to step, whatever the model saw first.
        warnings.filterwarnings("ignore", message="X does not have valid feature names")
        if search == "fast":
            pipeline = _search(candidate, pipeline, data.train, seed)
        else:
            pipeline.fit(data.train.inputs, data.train.labels)
        candidate.threads(pipeline, 1)
        validation = probabilities(pipeline, data.validation.inputs)
        test = probabilities(pipeline, data.test.inputs)
    threshold = best_threshold(data.validation.labels.to_numpy(), validation)
    return Fitted(
        candidate=candidate,
        pipeline=pipeline,
        parameters={name: pipeline["model"].get_params()[name] for name in sorted(candidate.grid)},
        threshold=threshold,
        validation=scores(data.validation.labels.to_numpy(), validation, threshold),
        test=scores(data.test.labels.to_numpy(), test, threshold),
        test_probabilities=test,
    )


def probabilities(pipeline: Pipeline, inputs: pd.DataFrame) -> Array:
    """Return the probability of label 1, shape ``(rows,)``."""
    found: Array = pipeline.predict_proba(inputs)[:, 1]
    if not np.isfinite(found).all():
        raise ValueError("the model gives probabilities that are no numbers")
    return found


def recency_baseline(data: Dataset) -> tuple[Scores, Array]:
    """Return what the hours since the last event alone reach on the test rows, and the probabilities they give."""
    column = ["recency_hours"]
    model = LogisticRegression().fit(data.train.inputs[column], data.train.labels)
    validation = model.predict_proba(data.validation.inputs[column])[:, 1]
    test = model.predict_proba(data.test.inputs[column])[:, 1]
    threshold = best_threshold(data.validation.labels.to_numpy(), validation)
    return scores(data.test.labels.to_numpy(), test, threshold), test


def _search(candidate: Candidate, pipeline: Pipeline, train: Part, seed: int) -> Pipeline:
    grid = {f"model__{name}": list(values) for name, values in candidate.grid.items()}
    points = int(np.prod([len(values) for values in grid.values()]))
    search = RandomizedSearchCV(
        pipeline,
        grid,
        n_iter=min(FAST_TRIES, points),
        scoring="roc_auc",
        # A user's rows of one day share their label, so no user may be on both sides.
        cv=StratifiedGroupKFold(n_splits=5, shuffle=True, random_state=seed),
        random_state=seed,
        error_score="raise",
    )
    search.fit(train.inputs, train.labels, groups=train.users)
    best: Pipeline = search.best_estimator_
    return best
