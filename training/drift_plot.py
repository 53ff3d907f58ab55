"""A picture of distributions then and now, drawn without a screen."""

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from training.drift import ColumnDrift

_ACROSS = 3


def draw(columns: Sequence[ColumnDrift]) -> Figure:
    """Return one small bar chart a column: the shares of its bins in training, and now."""
    down = math.ceil(len(columns) / _ACROSS)
    figure = Figure(figsize=(4 * _ACROSS, 2.2 * down), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(down, _ACROSS, squeeze=False).flat
    for place, column in zip(axes, columns, strict=False):
        at = np.arange(len(column.expected))
        place.bar(at - 0.2, column.expected, 0.4, label="training")
        place.bar(at + 0.2, column.found, 0.4, label="now")
        place.set_title(f"{column.column}: {column.index:.3f}, {column.verdict}", fontsize=9)
        place.set_xticks(at, [f"≤ {edge:.3g}" for edge in column.edges] + ["more"], rotation=45, fontsize=6)
        place.tick_params(axis="y", labelsize=7)
    figure.axes[0].legend(fontsize=7)
    for place in figure.axes[len(columns) :]:
        place.set_axis_off()
    return figure
