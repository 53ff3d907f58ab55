import numpy as np
import pytest

from training.evaluation import best_threshold, scores

LABELS = np.array([0, 0, 1, 0, 1, 1])
PROBABILITIES = np.array([0.1, 0.4, 0.35, 0.2, 0.8, 0.7])


def test_scores_by_hand() -> None:
    found = scores(LABELS, PROBABILITIES, threshold=0.35)
    # Of the 9 pairs of a 1 and a 0, only (0.35, 0.4) is the wrong way round.
    assert found.roc_auc == pytest.approx(8 / 9)
    # Precision at each 1, from the highest: 1/1, 2/2, 3/4.
    assert found.average_precision == pytest.approx((1 + 1 + 3 / 4) / 3)
    right = np.where(LABELS == 1, PROBABILITIES, 1 - PROBABILITIES)
    assert found.log_loss == pytest.approx(-np.log(right).mean())
    assert found.brier == pytest.approx(((1 - right) ** 2).mean())
    # Called: 0.35 and more, which are all 1s and one 0.
    assert (found.precision, found.recall) == (pytest.approx(3 / 4), 1)
    assert found.accuracy == pytest.approx(5 / 6)
    assert found.f1 == pytest.approx(6 / 7)


def test_calibration_error_is_the_distance_of_told_from_true_shares() -> None:
    one_in_ten = np.tile([0] * 9 + [1], 10)
    assert scores(one_in_ten, np.full(100, 0.1), 0.5).calibration_error == pytest.approx(0)
    assert scores(one_in_ten, np.full(100, 0.4), 0.5).calibration_error == pytest.approx(0.3)
    # Half of the rows are told 0.1 too much, half 0.1 too little; they do not cancel out.
    both = np.concatenate([one_in_ten, 1 - one_in_ten])
    told = np.repeat([0.2, 0.8], 100)
    assert scores(both, told, 0.5).calibration_error == pytest.approx(0.1)


def test_threshold_is_where_f1_is_highest() -> None:
    threshold = best_threshold(LABELS, PROBABILITIES)
    f1 = {at: scores(LABELS, PROBABILITIES, at).f1 for at in PROBABILITIES}
    assert f1[threshold] == max(f1.values())
