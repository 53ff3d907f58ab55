"""A loaded model: feature rows in, probabilities out."""

import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from serving.fast_form import fast_form
from serving.features import FeatureRow
from serving.logs import LOGGER
from serving.registry import ModelVersion

Matrix = NDArray[np.float64]
_QUICK_SECONDS = 0.005
_FEW_ROWS = 8


class ModelRefusedError(Exception):
    """A version that must not serve; the message says why."""


class Classifier(Protocol):
    """A fitted scikit-learn classifier or pipeline."""

    def predict_proba(self, features: Any) -> Any:
        """Return an (n, 2) array of probabilities."""


@dataclass(frozen=True, slots=True)
class ServedModel:
    """One version, ready to predict. Immutable: a call keeps the model it began with through a swap."""

    version: ModelVersion
    classifier: Classifier
    vectorize: Callable[[Sequence[FeatureRow], datetime], Matrix]
    is_quick: bool = True
    """False when one row takes so long that the calls beside it would feel it on the event loop."""

    def probabilities(self, rows: Sequence[FeatureRow], as_of: datetime) -> list[float]:
        """Return the probability of the positive class for each row, as of a moment in UTC."""
        predicted = self.classifier.predict_proba(self.vectorize(rows, as_of))
        return [float(probability) for probability in predicted[:, 1]]


def vectorize(rows: Sequence[FeatureRow], as_of: datetime) -> Matrix:
    """Return the (n, columns) matrix that training makes of the same rows as of the same moment."""
    from training.vector import vectorize as vector_of
    from training.vector import vectorize_rows

    if len(rows) > _FEW_ROWS:
        return vectorize_rows([row.values for row in rows], as_of)
    return np.vstack([vector_of(row.values, as_of) for row in rows])


def load_model(folder: Path, version: ModelVersion) -> ServedModel:
    """Load a version from its MLflow folder and check it.

    Raises ModelRefusedError when it does not load, wants other columns than the scorer makes, or does not
    give finite probabilities for its own input example. Loading may run code of the model: the registry is
    trusted.
    """
    # In here: scikit-learn and MLflow take seconds to import, and the scorer answers health checks meanwhile.
    import mlflow.sklearn
    from mlflow.models import Model

    # The vector is a plain array for speed; that its columns are the model's is checked once, below.
    warnings.filterwarnings("ignore", message="X does not have valid feature names", category=UserWarning)
    try:
        about = Model.load(str(folder))
        classifier = mlflow.sklearn.load_model(str(folder))
        example = about.load_input_example(str(folder))
    except Exception as error:  # unpickling may raise anything
        raise ModelRefusedError(f"it does not load: {type(error).__name__}: {error}") from error
    _check_columns(about)
    _use_one_thread(classifier)
    if example is None:
        raise ModelRefusedError("it has no input example to check it with")
    matrix = np.asarray(example, dtype=np.float64)
    check(classifier, matrix)
    fast = _fast_or_itself(classifier, matrix, version)
    return ServedModel(version, fast, vectorize, _one_row_seconds(fast, matrix) < _QUICK_SECONDS)


def _fast_or_itself(classifier: Classifier, example: Matrix, version: ModelVersion) -> Classifier:
    """The classifier's fast form where there is one that answers the same; the log says when there is none."""
    about = {"model": version.name, "version": version.version}
    try:
        form = fast_form(classifier, example)
    except Exception as error:  # whatever a library's inner call may raise: the model itself can serve
        LOGGER.warning("the model serves as it is", extra={**about, "reason": f"{type(error).__name__}: {error}"})
        return classifier
    LOGGER.info("the model has a fast form" if form else "the model serves as it is", extra=about)
    return form or classifier


def _check_columns(about: Any) -> None:
    from training.vector import COLUMNS

    wanted = tuple(about.signature.inputs.input_names()) if about.signature is not None else ()
    if wanted != COLUMNS:
        wants = ", ".join(wanted) or "(none named)"
        raise ModelRefusedError(f"it wants the columns {wants}; this scorer makes {', '.join(COLUMNS)}")


def _use_one_thread(classifier: Any) -> None:
    # One row is too little work to share: waking a thread pool costs more than the prediction.
    if hasattr(classifier, "get_params"):
        jobs = [name for name in classifier.get_params() if name.rpartition("__")[2] == "n_jobs"]
        classifier.set_params(**dict.fromkeys(jobs, 1))


def _one_row_seconds(classifier: Classifier, example: Matrix) -> float:
    times = []
    for _ in range(5):
        start = time.perf_counter()
        classifier.predict_proba(example[:1])
        times.append(time.perf_counter() - start)
    return min(times)


def check(classifier: Classifier, example: Matrix) -> None:
    """Raise ModelRefusedError unless the example gives one finite probability a row."""
    try:
        predicted = np.asarray(classifier.predict_proba(example), dtype=np.float64)
    except Exception as error:  # a model may raise anything
        raise ModelRefusedError(f"it does not predict its input example: {type(error).__name__}: {error}") from error
    if predicted.shape != (len(example), 2):
        raise ModelRefusedError(f"it answers shape {predicted.shape} for {len(example)} rows and two classes")
    if not (np.isfinite(predicted).all() and (predicted >= 0).all() and (predicted <= 1).all()):
        raise ModelRefusedError("its probabilities for its own input example are not between 0 and 1")
