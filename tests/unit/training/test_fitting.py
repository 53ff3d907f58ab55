from dataclasses import replace

import numpy as np
import pytest

from training.dataset import Dataset
from training.fitting import fit, recency_baseline
from training.models import CANDIDATES, Candidate

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
