"""What a score owes to each feature: how it would change if the feature alone were a newcomer's.

One occlusion a feature (Zeiler and Fergus, 2014, on pixels), so any model is explained alike. Effects of features that
act together do not add up to the score.
"""

from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from feature_repo.online_rows import FeatureValue
from serving.features import FeatureRow
from serving.model import ServedModel


class Reason(NamedTuple):
    """One feature of a row: ``effect`` is the probability with it less that without it."""

    feature: str
    value: FeatureValue
    effect: float


def reasons(model: ServedModel, row: FeatureRow, as_of: datetime, most: int = 5) -> tuple[float, list[Reason]]:
    """Return the probability and the features that change it most, largest first; none that change nothing.

    All features that tell the same story, such as events of the hour and of the day, are taken one by one.
    """
    names = [name for name, value in row.values.items() if value]
    others = [replace(row, values={**row.values, name: _newcomers(row.values[name])}) for name in names]
    probability, *without = model.probabilities([row, *others], as_of)
    found = [
        Reason(name, row.values[name], probability - other)
        for name, other in zip(names, without, strict=True)
        if abs(probability - other) > 1e-6
    ]
    return probability, sorted(found, key=lambda reason: -abs(reason.effect))[:most]


def _newcomers(value: FeatureValue) -> FeatureValue:
    return None if isinstance(value, datetime) else 0
