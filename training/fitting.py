"""Fits the models of a task and judges them on its later rows."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from training.dataset import Dataset
from training.evaluation import Array, Scores, best_threshold, scores
from training.models import Candidate
from training.search import OnPoint, Search, fit_best


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


def fit(
    candidate: Candidate, data: Dataset, search: Search, seed: int, threads: int, on_point: OnPoint = lambda *_: None
) -> Fitted:
    """Fit on the train rows, choose the threshold on the validation rows, judge on both later parts.

    Raises whatever the model raises; the same data, search and seed give the same model.
    """
    with _quiet():
        pipeline = fit_best(candidate, data.train, search, seed, threads, on_point)
        candidate.threads(pipeline, 1)
    parameters = {name: pipeline["model"].get_params()[name] for name in sorted(candidate.grid)}
    return judge(candidate, pipeline, parameters, data)


def judge(candidate: Candidate, pipeline: Pipeline, parameters: dict[str, Any], data: Dataset) -> Fitted:
    """Return what a fitted pipeline reaches on the later parts, with the threshold of the validation rows."""
    with _quiet():
        validation = probabilities(pipeline, data.validation.inputs)
        test = probabilities(pipeline, data.test.inputs)
    threshold = best_threshold(data.validation.labels.to_numpy(), validation)
    return Fitted(
        candidate=candidate,
        pipeline=pipeline,
        parameters=parameters,
        threshold=threshold,
        validation=scores(data.validation.labels.to_numpy(), validation, threshold),
        test=scores(data.test.labels.to_numpy(), test, threshold),
        test_probabilities=test,
    )


@contextmanager
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=ConvergenceWarning)
        # scikit-learn hands arrays from step to step, whatever the model saw first.
        warnings.filterwarnings("ignore", message="X does not have valid feature names")
        yield


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
