"""What is divided by what, by hand; and rows that both writers can take."""

import pytest

from benchmarks import online_writer
from benchmarks.online_writer import FEAST, FEAST_WHOLE, OURS, Round
from flink_jobs.features.schema import USER

ROUNDS = {
    OURS: [Round(1000, 1.0, 0.5, 0.3), Round(1000, 2.0, 0.4, 0.1), Round(1000, 4.0, 1.0, 0.5)],
    FEAST: [Round(500, 1.0, 0.8, 0.2)] * 3,
    FEAST_WHOLE: [Round(2000, 4.0, 2.8, 0.8)] * 3,
}


def test_the_goal_is_held_against_rows_per_second_of_the_writer() -> None:
    results = {result.name: result for result in online_writer.report(ROUNDS).results}
    assert results[f"{OURS} / {FEAST}"].figure == pytest.approx(1.6 / 0.5)
    assert results[f"{OURS} / {FEAST}"].met is True
    assert results[f"{OURS} / {FEAST_WHOLE}"].figure == pytest.approx(1.4 / 0.5)
    assert results[f"{OURS} / {FEAST_WHOLE}"].met is False
    assert results[f"{OURS} / {FEAST_WHOLE}, with the server"].figure == pytest.approx(1.8 / 0.8)
    assert results[f"{OURS}, clock"].figure == pytest.approx(500)
    assert results[f"{OURS}, one core for writer and server"].figure == pytest.approx(1250)
    assert results[f"{OURS}, writer's core"].met is None


def test_rows_are_the_same_each_time_and_each_of_a_user_of_its_own() -> None:
    frame = online_writer.rows(200)
    assert frame.equals(online_writer.rows(200))
    assert frame["user_id"].is_unique
    assert list(frame)[3:] == [feature.name for feature in USER.features]
    assert (frame[[feature.name for feature in USER.features if feature.type == "int64"]] >= 0).all(axis=None)
