"""The fast form of every model that is trained answers what the pipeline answers."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import VotingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline

from serving.fast_form import MOST_ROWS, FastForm, fast_form, rows_like
from training.models import CANDIDATES
from training.vector import COLUMNS

Rows = np.ndarray[Any, np.dtype[np.float64]]


def shoppers(seed: int, count: int = 4000) -> tuple[pd.DataFrame, Any]:
    rng = np.random.default_rng(seed)
    rows = np.column_stack(
        [np.floor(rng.gamma(1, 4, count)) if number % 3 else rng.gamma(1, 40, count) for number in range(len(COLUMNS))]
    )
    odds = 0.3 * rows[:, 1] - 0.02 * rows[:, 0] - 1
    return pd.DataFrame(rows, columns=COLUMNS), (rng.random(count) < 1 / (1 + np.exp(-odds))).astype(int)


@pytest.fixture(scope="module")
def fitted() -> dict[str, Pipeline]:
    inputs, labels = shoppers(1)
    pipelines = {one.name: one.make(3, 2).fit(inputs, labels) for one in CANDIDATES}
    members = [(name, FrozenEstimator(pipeline)) for name, pipeline in pipelines.items()]
    vote = Pipeline([("model", VotingClassifier(members, voting="soft").fit(inputs, labels))])
    return {**pipelines, "ensemble": vote}


@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
@pytest.mark.parametrize("name", [*(one.name for one in CANDIDATES), "ensemble"])
def test_every_model_has_one_that_answers_the_same(fitted: dict[str, Pipeline], name: str) -> None:
    pipeline = fitted[name]
    rows = shoppers(2)[0].to_numpy()
    form = fast_form(pipeline, rows[:5])
    assert form is not None
    wanted = pipeline.predict_proba(rows)
    for count in (1, 2, MOST_ROWS):
        found = np.vstack([form.predict_proba(rows[start : start + count]) for start in range(0, 640, count)])
        np.testing.assert_allclose(found, wanted[:640], atol=1e-6, rtol=0)
        assert np.abs(found.sum(axis=1) - 1).max() < 1e-12
    np.testing.assert_allclose(form.predict_proba(rows), wanted, atol=1e-12, rtol=0)


def test_an_unknown_model_has_none(fitted: dict[str, Pipeline]) -> None:
    rows, labels = shoppers(1, 50)
    assert fast_form(Pipeline([("model", DummyClassifier().fit(rows, labels))]), rows.to_numpy()) is None
    scaled = fitted["xgboost"].steps
    assert fast_form(Pipeline([("odd", DummyClassifier()), *scaled[1:]]), rows.to_numpy()) is None


@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
def test_one_that_answers_otherwise_is_refused(fitted: dict[str, Pipeline], monkeypatch: pytest.MonkeyPatch) -> None:
    rows = shoppers(2)[0].to_numpy()
    pipeline = fitted["logistic_regression"]
    off = FastForm(lambda matrix: pipeline.predict_proba(matrix)[:, 1] + 2e-6, pipeline)
    monkeypatch.setattr("serving.fast_form._form", lambda _: lambda matrix: off.predict_proba(matrix)[:, 1])
    with pytest.raises(ValueError, match="differs by 2e-06 where 1e-06 is allowed"):
        fast_form(pipeline, rows[:5])


def test_the_proof_looks_at_rows_of_many_kinds() -> None:
    example = shoppers(3, 5)[0].to_numpy()
    rows = rows_like(example)
    assert rows.shape == (512, len(COLUMNS))
    assert (rows[:5] == example).all()
    assert min(len(np.unique(column)) for column in rows.T) > 10
