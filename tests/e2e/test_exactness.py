"""Simulated traffic with late, duplicate and poison records through the whole path, against its ground truth.

Expected values come from the simulation's own file and ground truth by SQL in DuckDB. The number of events is
``SHOPSTREAM_EXACTNESS_EVENTS`` (a million: about ten minutes).
"""

import os
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from flink_jobs.features.schema import USER_FEATURES
from tests.exactness.arrivals import Arrivals
from tests.exactness.system import System, running_system, wait_until

EVENTS = int(os.environ.get("SHOPSTREAM_EXACTNESS_EVENTS", "40000"))
SEED = os.environ.get("SHOPSTREAM_EXACTNESS_SEED", "7")
SECONDS = 120 + EVENTS / 1_000
HERE = Path(__file__).parents[1]
RESULTS = ("page_views", "revenue", "user_activity", "funnel_stages")

pytestmark = pytest.mark.timeout(2 * SECONDS + 300)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[System, Arrivals]]:
    folder = tmp_path_factory.mktemp("exactness")
    output, truth = folder / "traffic.jsonl", folder / "traffic.truth.jsonl"
    # Hours of stream time, so that windows close, values decay and a partition holds only a trickle.
    rate = EVENTS / (6 * 3600)
    with running_system(folder / "state") as system:
        system.shopstream(
            *("simulate", "--users", str(max(200, EVENTS // 25)), "--rate", f"{rate:.4f}", "--duration", "6h"),
            *("--seed", SEED, "--flat", "--no-users", "--out", str(output), "--truth", str(truth)),
        )
        arrivals = Arrivals(output, truth)
        system.shopstream("replay", "--raw", str(output))
        system.submit()
        poison = sum(arrivals.dead_letters.values())
        wait_until(
            lambda: system.events_in_lake() >= arrivals.records - poison and system.dead_letters().total() >= poison,
            "every record in the lake or among the dead letters",
            SECONDS,
        )
        yield system, arrivals


def test_dead_letters_are_the_poison(run: tuple[System, Arrivals]) -> None:
    system, arrivals = run
    assert system.dead_letters() == arrivals.dead_letters
    assert len({code for code, _ in arrivals.dead_letters}) == 7


def test_every_event_is_in_the_lake_with_its_flags(run: tuple[System, Arrivals]) -> None:
    system, arrivals = run
    query = "SELECT event_id, is_late, is_duplicate, count(*) FROM {} GROUP BY ALL"
    found = arrivals.db.execute(query.format(f"read_parquet('{system.lake('events')}')")).fetchall()
    expected = arrivals.db.execute(query.format("arrivals")).fetchall()
    assert Counter(found) == Counter(expected)
    assert sum(row[1] for row in expected) > EVENTS // 500
    assert sum(row[2] for row in expected) > EVENTS // 100


@pytest.mark.parametrize("result", RESULTS)
def test_a_result_equals_the_computation_on_the_clean_events(run: tuple[System, Arrivals], result: str) -> None:
    system, arrivals = run
    frame = arrivals.db.execute((HERE / "exactness" / "results" / f"{result}.sql").read_text())
    names = [column[0] for column in frame.description]
    expected = {_key(row): row[2:] for row in frame.fetchall()}
    found: dict[Any, tuple[Any, ...]] = {}

    def equal() -> bool:
        found.clear()
        for row in system.rows(result):
            values = [_moment(row[names[0]]), *(row[name] for name in names[1:])]
            found[_key(values)] = tuple(tuple(value) if isinstance(value, list) else value for value in values[2:])
        return found.keys() == expected.keys() and all(_close(found[key], expected[key]) for key in expected)

    try:
        wait_until(equal, result, 60)
    except AssertionError:
        wrong = [key for key in expected.keys() | found.keys() if not _close(found.get(key), expected.get(key))]
        pytest.fail(
            f"{len(wrong)} of {len(expected)} differ: "
            + "; ".join(f"{key}: {found.get(key)} is {expected.get(key)}" for key in wrong[:5])
        )
    assert len(expected) > 50


def test_the_features_of_every_user_equal_the_computation_on_the_clean_events(run: tuple[System, Arrivals]) -> None:
    system, arrivals = run
    db = arrivals.db
    for statement in (HERE / "exactness" / "user_events.sql").read_text().split(";\n"):
        db.execute(statement)
    expected = db.execute((HERE / "jobs" / "user_features.sql").read_text()).fetchall()
    rows_sql = (HERE / "exactness" / "feature_rows.sql").read_text()
    wrong: list[tuple[Any, Any]] = []

    def equal() -> bool:
        answer = db.execute(rows_sql, [system.lake("user_features")])
        names = [column[0] for column in answer.description]
        order = [0, *(names.index(feature.name) for feature in USER_FEATURES)]
        found = [tuple(row[place] for place in order) for row in answer.fetchall()]
        wrong[:] = [
            (_plain(got), want) for got, want in zip(found, expected, strict=False) if not _close(_plain(got), want)
        ]
        return len(found) == len(expected) and not wrong

    try:
        wait_until(equal, "features", 90)
    except AssertionError:
        pytest.fail(f"{len(wrong)} of {len(expected)} users differ: {wrong[:3]}")
    assert len(expected) > 100


def _key(row: Any) -> tuple[Any, Any]:
    return row[0], row[1]


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=None)


def _plain(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(value.timestamp() * 1e6 if isinstance(value, datetime) else value for value in row)


def _close(found: tuple[Any, ...] | None, expected: tuple[Any, ...] | None) -> bool:
    if found is None or expected is None or len(found) != len(expected):
        return False
    return all(
        got == pytest.approx(float(want), rel=1e-9)
        if isinstance(got, int | float) and not isinstance(want, list | str)
        else list(got) == list(want)
        for got, want in zip(found, expected, strict=True)
    )
