"""What the benchmark of training says, and whether it asks the truth of what was known at each cut-off."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from benchmarks import training
from benchmarks.shop_history import Shop, ShopHistory
from flink_jobs.backfill import arrivals
from ingestion.simulator.probability import TrueProbability, visits_of


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> ShopHistory:
    return ShopHistory(Shop(users=60, visits_a_day=6, days=4, seed=3), tmp_path_factory.mktemp("shop"))


def test_the_lake_is_one_that_a_backfill_reads(history: ShopHistory, tmp_path: Path) -> None:
    count = history.write_lake(str(tmp_path / "events"))
    assert 5_000 < count < 30_000
    span = arrivals.span(str(tmp_path / "events"))
    assert timedelta(days=3.9) < span.last - span.first < timedelta(days=4)
    until = span.last + timedelta(seconds=1)
    assert arrivals.write(str(tmp_path / "events"), until, tmp_path / "arrivals") == count
    with duckdb.connect() as db:
        ((moments, late),) = db.execute(
            "SELECT count(DISTINCT event_time), count(*) FILTER (event_time < next_stream_time)"
            f" FROM read_parquet('{tmp_path}/arrivals/arrivals.parquet')"
        ).fetchall()
    assert moments > 0.9 * count
    assert late == 0


def test_the_truth_is_asked_of_what_was_seen_by_the_cut_off(history: ShopHistory) -> None:
    visitors = history.truth.users()
    seen = history.seen([visitor["anonymous_id"] for visitor in visitors.values()])
    asked = [
        (user, events[len(events) * part // 4][0])
        for part in (3, 1, 2)
        for user, visitor in visitors.items()
        if len(events := seen[visitor["anonymous_id"]]) > 20
    ]
    assert len(asked) > 90
    users = pd.Series([user for user, _ in asked] + ["a stranger"])
    cutoffs = pd.Series([pd.Timestamp(at) for _, at in asked] + [pd.Timestamp(asked[0][1])])
    known, true = training._true_probabilities(history, "purchase_24h", users, cutoffs)
    assert known.tolist() == [True] * len(asked) + [False]
    truth = TrueProbability(history.truth)
    for (user, at), found in zip(asked, true, strict=True):
        events = seen[visitors[user]["anonymous_id"]]
        visits = visits_of((session, kind, moment) for moment, session, kind in events if moment <= at)
        assert found == pytest.approx(truth.purchase_24h(visitors[user], at, visits), abs=1e-9)
    assert 0 < true.min() < true.max() < 1


def against(task: str, model: float, truth: float) -> training.AgainstTruth:
    return training.AgainstTruth(task, 100, 10, model, truth, 0.4, "lightgbm", {})


def test_the_goals_of_the_report() -> None:
    scale = training.AtScale(100_000, 2_000_000, 300_000, 61.0, 540.0, 3 * 2**30, {})
    found = training.report([against("churn_30d", 0.76, 0.8), against("purchase_24h", 0.75, 0.8)], scale)
    met: dict[str, Any] = {result.name: (result.figure, result.met) for result in found.results}
    assert met["churn_30d: AUC over that of the true probabilities"] == (pytest.approx(0.95), True)
    assert met["purchase_24h: AUC over that of the true probabilities"][1] is False
    assert met["churn_30d: AUC by recency alone"][0] == pytest.approx(0.6)
    assert met["features as of 3 cut-offs, 100,000 users"] == (61.0, False)
    assert met["train churn_30d --search fast, 100,000 users"] == (9.0, True)
    assert met["memory of it, 100,000 users"] == (3072.0, True)


def test_help_has_examples() -> None:
    assert "python -m benchmarks.training --task" in CliRunner().invoke(training.main, ["--help"]).output


def test_a_shop_has_the_visits_that_were_asked_for(history: ShopHistory) -> None:
    visits = np.array([line["visits"] for line in history.truth.of("user")])
    assert visits.sum() == pytest.approx(60 * 6 * 4, rel=0.2)
