"""Pictures of a fitted model, drawn without a screen."""

import numpy as np
import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from sklearn.calibration import calibration_curve
from sklearn.inspection import permutation_importance
from sklearn.metrics import confusion_matrix, roc_curve

from training.dataset import Part
from training.evaluation import Array
from training.fitting import Fitted, probabilities

_IMPORTANCE_ROWS = 3000


def plots(fitted: Fitted, test: Part, seed: int) -> dict[str, Figure]:
    """Return the pictures by file name: ROC, calibration, confusion and importance, all on the test rows."""
    labels = test.labels.to_numpy()
    predicted = probabilities(fitted.pipeline, test.inputs)
    return {
        "roc.png": _roc(labels, predicted, fitted.test.roc_auc),
        "calibration.png": _calibration(labels, predicted),
        "confusion.png": _confusion(labels, predicted >= fitted.threshold, fitted.threshold),
        "importance.png": _importance(fitted, test, seed),
    }


def _figure(title: str, across: str, up: str) -> Figure:
    figure = Figure(figsize=(6, 5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.set(title=title, xlabel=across, ylabel=up)
    return figure


def _roc(labels: Array, predicted: Array, auc: float) -> Figure:
    figure = _figure(f"ROC, area {auc:.3f}", "false positive rate", "true positive rate")
    false, true, _ = roc_curve(labels, predicted)
    figure.axes[0].plot(false, true)
    figure.axes[0].plot([0, 1], [0, 1], linestyle="--", color="grey")
    return figure


def _calibration(labels: Array, predicted: Array) -> Figure:
    figure = _figure("Calibration, ten bins of equal size", "predicted share", "observed share")
    observed, mean = calibration_curve(labels, predicted, n_bins=10, strategy="quantile")
    top = max(observed.max(), mean.max())
    figure.axes[0].plot(mean, observed, marker="o")
    figure.axes[0].plot([0, top], [0, top], linestyle="--", color="grey")
    return figure


def _confusion(labels: Array, called: Array, threshold: float) -> Figure:
    figure = _figure(f"Confusion at {threshold:.3f}", "called", "is")
    counts = confusion_matrix(labels, called, labels=[0, 1])
    axes = figure.axes[0]
    axes.imshow(counts / counts.sum(axis=1, keepdims=True), cmap="Blues", vmin=0, vmax=1)
    axes.set(xticks=[0, 1], yticks=[0, 1])
    for (row, column), count in np.ndenumerate(counts):
        axes.text(column, row, f"{count:,}", ha="center", va="center")
    return figure


def _importance(fitted: Fitted, test: Part, seed: int) -> Figure:
    figure = _figure("Importance: loss of ROC AUC when a feature is shuffled", "loss of ROC AUC", "")
    # Every positive and as many of the rest as fit: shuffling is costly and positives are few.
    few = test.labels[test.labels == 1].index[:_IMPORTANCE_ROWS]
    rest = test.labels[test.labels == 0]
    chosen = few.union(rest.sample(min(len(rest), _IMPORTANCE_ROWS), random_state=seed).index)
    inputs, labels = test.inputs.loc[chosen], test.labels.loc[chosen]
    found = permutation_importance(fitted.pipeline, inputs, labels, scoring="roc_auc", n_repeats=2, random_state=seed)
    importance = pd.Series(found.importances_mean, index=inputs.columns).sort_values()
    figure.axes[0].barh(importance.index, importance.to_numpy())
    return figure
