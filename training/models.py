"""The models: each a scikit-learn Pipeline that holds its own scaler, with the grid it is searched over."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from lightgbm import LGBMClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from xgboost import XGBClassifier


@dataclass(frozen=True, slots=True)
class Candidate:
    """One kind of model. No class is weighted: probabilities must stay those of the data."""

    name: str

    make: Callable[[int, int], Pipeline]
    """From a seed and a number of threads to an unfitted pipeline whose last step is named ``model``."""

    grid: Mapping[str, Sequence[Any]]
    """Values of the model's parameters that a search tries."""

    packages: tuple[str, ...] = ()
    """Distributions that a program needs beside scikit-learn to load the model."""

    trusted_types: tuple[str, ...] = field(default=())
    """Types that skops may load beside its own list."""

    def threads(self, pipeline: Pipeline, count: int) -> None:
        """Let the fitted pipeline predict with this many threads."""
        if "n_jobs" in pipeline["model"].get_params():
            pipeline.set_params(model__n_jobs=count)


def _logistic(seed: int, _threads: int) -> Pipeline:
    # Features of a day and of an hour tell nearly the same, and with little penalty the last digits take long: 35,000
    # rows with l1 and C=10 took 18.8 s at scikit-learn's tolerance of 1e-4, 3.4 s at this one, with the same AUC.
    model = LogisticRegression(C=0.1, tol=1e-3, max_iter=2000, solver="liblinear", random_state=seed)
    # Counts and money are skewed by orders of magnitude; arcsinh is a logarithm that takes 0 and negatives.
    return Pipeline(
        [
            ("log", FunctionTransformer(np.arcsinh, feature_names_out="one-to-one")),
            ("scale", StandardScaler()),
            ("model", model),
        ]
    )


def _forest(seed: int, threads: int) -> Pipeline:
    model = RandomForestClassifier(
        n_estimators=200, max_depth=10, min_samples_leaf=4, random_state=seed, n_jobs=threads
    )
    return Pipeline([("scale", StandardScaler()), ("model", model)])


def _xgboost(seed: int, threads: int) -> Pipeline:
    model = XGBClassifier(
        n_estimators=200,
        learning_rate=0.03,
        max_depth=3,
        subsample=0.8,
        min_child_weight=10,
        random_state=seed,
        n_jobs=threads,
    )
    return Pipeline([("scale", StandardScaler()), ("model", model)])


def _lightgbm(seed: int, threads: int) -> Pipeline:
    model = LGBMClassifier(
        n_estimators=200,
        learning_rate=0.03,
        num_leaves=7,
        min_child_samples=50,
        colsample_bytree=0.8,
        random_state=seed,
        n_jobs=threads,
        verbose=-1,
    )
    return Pipeline([("scale", StandardScaler()), ("model", model)])


CANDIDATES = (
    Candidate(
        "logistic_regression",
        _logistic,
        {"C": (0.1, 1, 10), "l1_ratio": (0.0, 1.0)},
        (),
        ("numpy.arcsinh",),
    ),
    Candidate(
        "random_forest",
        _forest,
        {
            "n_estimators": (100, 200, 300),
            "max_depth": (10, 20, None),
            "min_samples_split": (2, 5, 10),
            "min_samples_leaf": (1, 2, 4),
        },
        (),
        ("sklearn.tree._tree.Tree",),
    ),
    Candidate(
        "xgboost",
        _xgboost,
        {
            "n_estimators": (100, 200, 300),
            "learning_rate": (0.01, 0.1, 0.2),
            "max_depth": (3, 6, 10),
            "subsample": (0.8, 0.9, 1.0),
        },
        ("xgboost",),
        ("xgboost.core.Booster", "xgboost.sklearn.XGBClassifier"),
    ),
    Candidate(
        "lightgbm",
        _lightgbm,
        {
            "n_estimators": (100, 200, 300),
            "learning_rate": (0.01, 0.1, 0.2),
            "num_leaves": (31, 50, 100),
            "colsample_bytree": (0.8, 0.9, 1.0),
        },
        ("lightgbm",),
        ("collections.OrderedDict", "lightgbm.basic.Booster", "lightgbm.sklearn.LGBMClassifier"),
    ),
)
"""In the order of the comparison table."""
