from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from serving.features import FeatureRow
from serving.model import ModelRefusedError, ServedModel, check, vectorize
from serving.registry import ModelVersion

NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
EXAMPLE = np.zeros((3, 2))


class Answers:
    """A classifier that gives what it was made with."""

    def __init__(self, answer):
        self.answer = answer

    def predict_proba(self, _matrix):
        if isinstance(self.answer, Exception):
            raise self.answer
        return np.array(self.answer, dtype=float)


def test_a_model_that_gives_probabilities_passes():
    check(Answers([[0.5, 0.5], [0.0, 1.0], [1.0, 0.0]]), EXAMPLE)


@pytest.mark.parametrize(
    "answer,reason",
    [
        ([[0.5, np.nan]] * 3, "not between 0 and 1"),
        ([[-0.1, 1.1]] * 3, "not between 0 and 1"),
        ([[np.inf, 0.5]] * 3, "not between 0 and 1"),
        ([[0.5, 0.5]] * 2, r"shape \(2, 2\)"),
        ([[0.2, 0.3, 0.5]] * 3, r"shape \(3, 3\)"),
        (ValueError("no such column"), "ValueError: no such column"),
    ],
)
def test_any_other_is_refused_with_the_reason(answer, reason: str):
    with pytest.raises(ModelRefusedError, match=reason):
        check(Answers(answer), EXAMPLE)


def test_the_vector_is_that_of_training_as_of_the_moment():
    row = FeatureRow(
        "ann",
        {
            "total_events_24h": 4,
            "revenue_24h": 2.5,
            "last_seen": NOW - timedelta(hours=2),
            "first_seen": None,
        },
        {"user_24h": NOW},
    )
    unknown = FeatureRow("nobody", {}, {})
    matrix = vectorize([row, unknown], NOW)
    # The order of training.vector.COLUMNS: total events first, revenue sixth, recency tenth.
    known = np.zeros(17)
    known[[0, 5, 9]] = 4, 2.5, 2.0
    assert matrix.tolist() == [known.tolist(), [0.0] * 17]


def test_it_answers_the_positive_class():
    version = ModelVersion("m", "1", "champion", "x")
    model = ServedModel(version, Answers([[0.9, 0.1], [0.3, 0.7]]), lambda _rows, _at: EXAMPLE)
    assert model.probabilities([], NOW) == [0.1, 0.7]
