import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from training.bootstrap import Interval, auc_difference, auc_interval


def test_the_estimate_is_the_area_under_the_curve_ties_included() -> None:
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 2, 500)
    values = np.round(rng.normal(labels, 2), 1)
    found = auc_interval(labels, values, np.arange(500), seed=2)
    assert found.estimate == pytest.approx(roc_auc_score(labels, values), abs=1e-12)
    assert found.low < found.estimate < found.high
    assert found == auc_interval(labels, values, np.arange(500), seed=2)


def test_rows_of_one_user_count_as_one() -> None:
    """Each row ten times over tells no more: the interval stays as wide, where drawing rows would narrow it."""
    rng = np.random.default_rng(3)
    labels, users = rng.integers(0, 2, 200), np.arange(200)
    values = rng.normal(labels, 1.5)
    once = auc_interval(labels, values, users, seed=4)
    again = auc_interval(np.repeat(labels, 10), np.repeat(values, 10), np.repeat(users, 10), seed=4)
    assert (again.low, again.high) == pytest.approx((once.low, once.high), abs=1e-9)
    rows = auc_interval(np.repeat(labels, 10), np.repeat(values, 10), np.arange(2000), seed=4)
    assert rows.high - rows.low < 0.5 * (once.high - once.low)


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(5)
    covered = 0
    for _ in range(60):
        labels = rng.integers(0, 2, 150)
        values = rng.normal(labels * 1.0, 1)  # two normals one apart: AUC is Phi(1 / sqrt 2), 0.7602
        found = auc_interval(labels, values, np.arange(150), seed=6)
        covered += found.low < 0.7602 < found.high
    assert covered >= 51


def test_a_difference_is_of_the_same_users() -> None:
    rng = np.random.default_rng(7)
    labels, users = rng.integers(0, 2, 400), np.arange(400)
    good = rng.normal(labels, 1)
    assert auc_difference(labels, good, good, users, seed=8) == Interval(0, 0, 0)
    slightly = good + rng.normal(0, 0.3, 400)
    found = auc_difference(labels, good, slightly, users, seed=8)
    assert found.estimate == pytest.approx(roc_auc_score(labels, good) - roc_auc_score(labels, slightly), abs=1e-12)
    single = auc_interval(labels, good, users, seed=8)
    assert found.high - found.low < 0.5 * (single.high - single.low), "what both have in common cancels out"


def test_one_label_alone_has_no_curve() -> None:
    with pytest.raises(ValueError, match="both labels"):
        auc_interval(np.ones(5, int), np.arange(5.0), np.arange(5), seed=1)
