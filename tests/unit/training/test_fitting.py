from dataclasses import replace

import numpy as np
import pytest
from sklearn.model_selection import StratifiedGroupKFold, cross_val_score

from training import search
from training.dataset import Dataset
from training.ensemble import ensemble
from training.fitting import fit, recency_baseline
from training.models import CANDIDATES, Candidate
from training.search import FAST_TRIES, points

LOGISTIC, LIGHTGBM = CANDIDATES[0], CANDIDATES[-1]


@pytest.mark.parametrize("candidate", CANDIDATES, ids=lambda candidate: candidate.name)
def test_every_model_finds_the_planted_structure(candidate: Candidate, shop_data: Dataset) -> None:
    fitted = fit(candidate, shop_data, "none", seed=7, threads=2)
    assert fitted.test.roc_auc > recency_baseline(shop_data)[0].roc_auc + 0.1
    # A quarter of the rows are 1: weighting the classes alike would be wrong by about a quarter.
    assert fitted.test.calibration_error < 0.15
    assert "scale" in fitted.pipeline.named_steps


@pytest.mark.parametrize("candidate", (LOGISTIC, LIGHTGBM), ids=lambda candidate: candidate.name)
def test_shuffled_labels_teach_nothing(candidate: Candidate, shop_data: Dataset) -> None:
    rng = np.random.default_rng(3)
    reached = []
    for _ in range(5):
        labels = shop_data.train.labels.sample(frac=1, random_state=rng, ignore_index=True)
        shuffled = replace(shop_data, train=replace(shop_data.train, labels=labels))
        reached.append(fit(candidate, shuffled, "none", seed=7, threads=2).test.roc_auc)
    assert np.mean(reached) == pytest.approx(0.5, abs=0.12)


def test_the_same_seed_gives_the_same_model(shop_data: Dataset) -> None:
    first, second = (fit(LIGHTGBM, shop_data, "none", seed=7, threads=2) for _ in range(2))
    assert first.test == second.test


def test_fast_search_takes_its_values_from_the_grid(shop_data: Dataset) -> None:
    small = replace(LOGISTIC, grid={"C": (0.001, 0.5)})
    fitted = fit(small, shop_data, "fast", seed=7, threads=2)
    assert fitted.parameters["C"] in (0.001, 0.5)
    assert fitted.parameters["C"] == fitted.pipeline["model"].C


def test_full_search_tries_every_point_and_says_so(shop_data: Dataset) -> None:
    small = replace(LOGISTIC, grid={"C": (1e-9, 0.5, 1.0), "l1_ratio": (0.0, 1.0)})
    told: list[tuple[int, int]] = []
    fitted = fit(small, shop_data, "full", seed=7, threads=2, on_point=lambda *step: told.append(step))
    assert told == [(number, 6) for number in range(1, 7)]
    assert fitted.parameters["C"] in (0.5, 1.0), "the one that lets nothing through is never the best"


def test_the_published_grids_are_searched_whole() -> None:
    sizes = {candidate.name: len(points(candidate, "full", 7)) for candidate in CANDIDATES}
    assert sizes == {"logistic_regression": 6, "random_forest": 81, "xgboost": 81, "lightgbm": 81}
    assert [len(points(candidate, "fast", 7)) for candidate in CANDIDATES] == [FAST_TRIES] * 4
    assert points(LOGISTIC, "none", 7) == []
    assert points(LIGHTGBM, "fast", 7) == points(LIGHTGBM, "fast", 7)


def test_the_ensemble_is_the_mean_of_the_best_three(shop_data: Dataset) -> None:
    fits = [fit(candidate, shop_data, "none", seed=7, threads=2) for candidate in CANDIDATES]
    together = ensemble(fits, shop_data)
    best = sorted(fits, key=lambda fitted: -fitted.validation.roc_auc)[:3]
    mean = np.mean([fitted.test_probabilities for fitted in best], axis=0)
    assert together.test_probabilities == pytest.approx(mean, abs=1e-12)
    assert together.parameters["members"] == ", ".join(fitted.candidate.name for fitted in best)
    assert set(together.candidate.packages) == {name for fitted in best for name in fitted.candidate.packages}


def test_a_fast_search_looks_at_whole_users(shop_data: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    train = shop_data.train
    monkeypatch.setattr(search, "FAST_ROWS", len(train.labels) // 3)
    inputs, labels, users = search._drawn(train, seed=7)
    assert 0.1 * len(train.labels) < len(labels) < 0.6 * len(train.labels)
    assert len(labels) == train.users.isin(users).sum()
    assert (inputs.index == labels.index).all()
    again = search._drawn(train, seed=7)[0]
    assert again.equals(inputs) and not search._drawn(train, seed=8)[0].equals(inputs)
    monkeypatch.setattr(search, "FAST_ROWS", len(train.labels))
    assert len(search._drawn(train, seed=7)[1]) == len(train.labels)


def test_points_are_compared_by_the_mean_over_the_folds(shop_data: Dataset) -> None:
    train, tried = shop_data.train, [{"model__num_leaves": 7}, {"model__num_leaves": 31}]
    folds = list(
        StratifiedGroupKFold(search.FOLDS, shuffle=True, random_state=7).split(train.inputs, train.labels, train.users)
    )
    means = [
        cross_val_score(
            LIGHTGBM.make(7, 1).set_params(**point), train.inputs, train.labels, scoring="roc_auc", cv=folds
        ).mean()
        for point in tried
    ]
    for threads in (1, 2):
        found = search._compared(
            LIGHTGBM.make(7, 1), tried, train.inputs, train.labels, train.users, 7, threads, lambda *_: None
        )
        assert found == pytest.approx(means, abs=1e-12)
