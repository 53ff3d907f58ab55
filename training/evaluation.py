"""How good probabilities are."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn import metrics

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Scores:
    """What one model reached on one set of rows."""

    roc_auc: float
    average_precision: float
    log_loss: float
    brier: float
    calibration_error: float
    """Mean distance of the predicted from the observed share, over ten bins of equal size."""
    accuracy: float
    precision: float
    recall: float
    f1: float


def scores(labels: Array, probabilities: Array, threshold: float) -> Scores:
    """Judge probabilities of label 1; the last four call a row positive at or above the threshold."""
    called = probabilities >= threshold
    return Scores(
        roc_auc=float(metrics.roc_auc_score(labels, probabilities)),
        average_precision=float(metrics.average_precision_score(labels, probabilities)),
        log_loss=float(metrics.log_loss(labels, probabilities, labels=[0, 1])),
        brier=float(metrics.brier_score_loss(labels, probabilities)),
        calibration_error=_calibration_error(labels, probabilities),
        accuracy=float(metrics.accuracy_score(labels, called)),
        precision=float(metrics.precision_score(labels, called, zero_division=0)),
        recall=float(metrics.recall_score(labels, called, zero_division=0)),
        f1=float(metrics.f1_score(labels, called, zero_division=0)),
    )


def best_threshold(labels: Array, probabilities: Array) -> float:
    """Return the probability at which F1 is highest; to be found on validation rows, never on test rows.

    Purchases are rare: at 0.5 nearly nothing would be called one.
    """
    precision, recall, thresholds = metrics.precision_recall_curve(labels, probabilities)
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
    return float(thresholds[int(np.argmax(f1[:-1]))])


def _calibration_error(labels: Array, probabilities: Array) -> float:
    order = np.argsort(probabilities, kind="stable")
    bins = [chosen for chosen in np.array_split(order, 10) if len(chosen)]
    gaps = [abs(probabilities[chosen].mean() - labels[chosen].mean()) * len(chosen) for chosen in bins]
    return float(sum(gaps) / len(order))
