"""The same probabilities without scikit-learn's checks, which cost a single row more than the model itself.

One row takes a fitted pipeline of ours 0.7 to 20 ms, its fast form 0.01 to 0.3 ms (docs/adr/0013-fast-form.md).
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from serving.lightgbm_rows import LightgbmRows

Matrix = NDArray[np.float64]
Form = Callable[[Matrix], Matrix]
"""From rows, shape (n, columns), to the probability of the positive class, shape (n,)."""

MOST_ROWS = 32
"""Above this the pipeline itself is as fast."""
TOLERANCE = 1e-6
"""A fast form may serve when no probability differs by more."""
_CHECKED_ROWS = 512


class FastForm:
    """A classifier that answers few rows by its fast form, and many by the pipeline it was made of."""

    def __init__(self, form: Form, whole: Any) -> None:
        self._form = form
        self._whole = whole

    def predict_proba(self, matrix: Matrix) -> Matrix:
        """Return an (n, 2) array of probabilities."""
        if len(matrix) > MOST_ROWS:
            answer: Matrix = self._whole.predict_proba(matrix)
            return answer
        found = np.empty((len(matrix), 2))
        found[:, 1] = self._form(matrix)
        found[:, 0] = 1 - found[:, 1]
        return found


def fast_form(classifier: Any, example: Matrix) -> FastForm | None:
    """Return the fast form of a fitted pipeline, proved on rows like the example's; None where there is none.

    Raises ValueError when there is one that answers otherwise than the pipeline.
    """
    form = _form(classifier)
    if form is None:
        return None
    rows = rows_like(example)
    found = np.concatenate([form(rows[start : start + MOST_ROWS]) for start in range(0, len(rows), MOST_ROWS)])
    worst = float(np.abs(found - classifier.predict_proba(rows)[:, 1]).max())
    if not worst <= TOLERANCE:
        raise ValueError(f"its fast form differs by {worst:.2g} where {TOLERANCE:.0e} is allowed")
    return FastForm(form, classifier)


def rows_like(example: Matrix, count: int = _CHECKED_ROWS, seed: int = 0) -> Matrix:
    """Return rows whose columns have values of the example, apart, changed and at nought; the example comes first."""
    rng = np.random.default_rng(seed)
    mixed = np.column_stack([rng.choice(column, count) for column in example.T])
    mixed *= rng.choice([0.0, 0.5, 1.0, 1.0, 2.0, 7.3], mixed.shape)
    mixed += rng.choice([0.0, 0.0, 1.0, 3.0], mixed.shape)
    return np.vstack([example, mixed])[:count]


def _form(classifier: Any) -> Form | None:
    steps = getattr(classifier, "steps", None)
    if steps is None:
        return _model(classifier)
    before = [_transformer(step) for _, step in steps[:-1]]
    last = _model(steps[-1][1])
    if last is None or any(one is None for one in before):
        return None
    transformers = [one for one in before if one is not None]

    def form(matrix: Matrix) -> Matrix:
        for transform in transformers:
            matrix = transform(matrix)
        return last(matrix)

    return form


def _transformer(step: Any) -> Form | None:
    kind = type(step).__name__
    if kind == "StandardScaler":
        mean, scale = step.mean_, step.scale_
        return lambda matrix: (matrix - mean) / scale
    if kind == "FunctionTransformer" and step.func is np.arcsinh:
        return lambda matrix: np.asarray(np.arcsinh(matrix), dtype=np.float64)
    return None


def _model(model: Any) -> Form | None:
    """By the names of the classes: a scorer need not import the libraries of models that it does not serve."""
    makers: dict[str, Callable[[Any], Form | None]] = {
        "LogisticRegression": _logistic,
        "LGBMClassifier": _lightgbm,
        "XGBClassifier": _xgboost,
        "RandomForestClassifier": _forest,
        "VotingClassifier": _vote,
        "FrozenEstimator": lambda frozen: _form(frozen.estimator),
    }
    maker = makers.get(type(model).__name__)
    return maker(model) if maker else None


def _logistic(model: Any) -> Form | None:
    if model.coef_.shape[0] != 1:
        return None
    weights, intercept = model.coef_[0], float(model.intercept_[0])
    return lambda matrix: 1 / (1 + np.exp(-(matrix @ weights + intercept)))


def _lightgbm(model: Any) -> Form | None:
    return LightgbmRows(model.booster_) if model.n_classes_ == 2 else None


def _xgboost(model: Any) -> Form:
    booster = model.get_booster()
    booster.set_param({"nthread": 1})
    return lambda matrix: np.asarray(booster.inplace_predict(matrix, validate_features=False), dtype=np.float64)


def _forest(model: Any) -> Form:
    """All trees step down together: as many steps as the deepest has, each for all trees at once."""
    trees = [estimator.tree_ for estimator in model.estimators_]
    sizes = np.cumsum([0, *(tree.node_count for tree in trees)])
    roots = sizes[:-1]
    feature = np.concatenate([np.maximum(tree.feature, 0) for tree in trees])
    threshold = np.concatenate([tree.threshold for tree in trees])
    own = np.arange(sizes[-1])
    is_leaf = np.concatenate([tree.children_left < 0 for tree in trees])
    # A leaf leads to itself.
    left, right = (
        np.where(is_leaf, own, np.concatenate([child + start for child, start in zip(children, roots, strict=True)]))
        for children in ([tree.children_left for tree in trees], [tree.children_right for tree in trees])
    )
    counts = np.concatenate([tree.value[:, 0, :] for tree in trees])
    positive = counts[:, 1] / counts.sum(axis=1)
    deepest = max(tree.max_depth for tree in trees)

    def form(matrix: Matrix) -> Matrix:
        # The library compares single-precision values with double-precision thresholds.
        values = matrix.astype(np.float32)
        rows = np.arange(len(values))[:, None]
        nodes = np.broadcast_to(roots, (len(values), len(roots)))
        for _ in range(deepest):
            nodes = np.where(values[rows, feature[nodes]] <= threshold[nodes], left[nodes], right[nodes])
        found: Matrix = positive[nodes].mean(axis=1)
        return found

    return form


def _vote(model: Any) -> Form | None:
    members = [_form(member) for member in model.estimators_]
    if model.voting != "soft" or model.weights is not None or any(member is None for member in members):
        return None
    forms = [member for member in members if member is not None]
    return lambda matrix: np.mean([form(matrix) for form in forms], axis=0)
