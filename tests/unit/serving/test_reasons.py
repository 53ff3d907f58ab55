"""What a score owes to each feature."""

from datetime import UTC, datetime

import numpy as np
import pytest

from serving.features import FeatureRow
from serving.model import ServedModel
from serving.reasons import reasons
from serving.registry import ModelVersion

NOW = datetime(2026, 3, 1, tzinfo=UTC)


class Sum:
    """The probability is 0.1 more with each cart addition, and 0.2 less with a purchase; views change nothing."""

    def predict_proba(self, matrix):
        positive = 0.3 + 0.1 * matrix[:, 0] - 0.2 * matrix[:, 1] + 0 * matrix[:, 2]
        return np.column_stack([1 - positive, positive])


def test_the_largest_effect_is_first_and_none_is_left_out() -> None:
    names = ("cart", "purchases", "views")
    model = ServedModel(
        ModelVersion("m", "1", "champion", "", {}),
        Sum(),
        lambda rows, _at: np.array([[float(row.values[name] or 0) for name in names] for row in rows]),
    )
    row = FeatureRow("u", {"cart": 4, "purchases": 1, "views": 7, "seen": NOW, "absent": 0}, {})
    probability, found = reasons(model, row, NOW)
    assert probability == pytest.approx(0.5)
    assert [(reason.feature, reason.value) for reason in found] == [("cart", 4), ("purchases", 1)]
    assert [reason.effect for reason in found] == pytest.approx([0.4, -0.2])
    assert len(reasons(model, row, NOW, most=1)[1]) == 1
