import math
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from training.drift import SCORE, Distribution, drift, reference, stability_index
from training.drift_plot import draw

RNG = np.random.default_rng(11)


def test_the_index_by_hand() -> None:
    # (0.4 - 0.5) ln(0.4 / 0.5) + (0.6 - 0.5) ln(0.6 / 0.5)
    assert stability_index([0.5, 0.5], [0.4, 0.6]) == pytest.approx(0.1 * math.log(1.5), abs=1e-12)
    assert stability_index([0.2, 0.8], [0.2, 0.8]) == 0
    assert stability_index([1.0, 0.0], [0.0, 1.0]) == pytest.approx(2 * 0.9999 * math.log(10_000), rel=1e-9)


def test_deciles_of_a_smooth_column_hold_a_tenth_each() -> None:
    values = RNG.normal(size=10_000)
    found = Distribution.of(values)
    assert len(found.edges) == 9
    assert found.shares == pytest.approx([0.1] * 10, abs=1e-3)
    assert found.shares_of(values).tolist() == list(found.shares)


def test_a_count_that_is_mostly_zero_has_few_bins_and_each_value_in_one() -> None:
    values = np.array([0.0] * 85 + [1.0] * 10 + [5.0] * 5)
    found = Distribution.of(values)
    assert found.edges == (0.0, 1.0)
    assert found.shares == (0.85, 0.1, 0.05)
    assert found.shares_of(np.array([0.0, 0.5, 1.0, 7.0])).tolist() == [0.25, 0.5, 0.25]
    assert Distribution.of(np.zeros(5)).shares == (1.0,)


def test_what_has_moved_is_found_and_the_score_stands_first() -> None:
    inputs = pd.DataFrame({"same": RNG.normal(size=5000), "wider": RNG.normal(size=5000), "zero": np.zeros(5000)})
    before = reference(inputs, RNG.uniform(size=5000))
    now = pd.DataFrame({"same": RNG.normal(size=3000), "wider": RNG.normal(0, 3, size=3000), "zero": np.zeros(3000)})
    found = drift(before, now, RNG.uniform(0, 0.8, size=3000))
    assert [one.column for one in found] == [SCORE, "wider", "same", "zero"]
    verdicts = {one.column: one.verdict for one in found}
    assert verdicts == {SCORE: "shifted", "wider": "shifted", "same": "steady", "zero": "steady"}
    assert found[3].index == 0
    with pytest.raises(KeyError):
        drift(before, now[["same"]], np.zeros(3))


def test_the_picture_has_a_chart_a_column(tmp_path: Path) -> None:
    inputs = pd.DataFrame({name: RNG.normal(size=200) for name in "abc"})
    figure = draw(drift(reference(inputs, RNG.uniform(size=200)), inputs, RNG.uniform(size=200)))
    titles = [axes.get_title().partition(":")[0] for axes in figure.axes if axes.axison]
    assert titles[0] == SCORE
    assert sorted(titles[1:]) == ["a", "b", "c"]
    figure.savefig(tmp_path / "drift.png")
    assert (tmp_path / "drift.png").stat().st_size > 10_000


def test_a_served_vector_becomes_the_row_that_the_model_saw() -> None:
    from feature_repo.consistency.served import Served
    from training.live import _inputs
    from training.vector import COLUMNS, vectorize

    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    features = {"total_events_24h": 5, "last_seen": "2026-03-01T10:30:00Z", "first_seen": None}
    row = _inputs([Served("u", at, at, features)]).iloc[0]
    assert row["total_events_24h"] == 5
    assert row["recency_hours"] == 1.5
    expected = vectorize({**features, "last_seen": datetime(2026, 3, 1, 10, 30, tzinfo=UTC)}, at)
    assert row.to_numpy().tolist() == expected.tolist()
    assert list(row.index) == list(COLUMNS)
