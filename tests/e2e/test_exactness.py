"""What the job has read and counted, against the simulation's own file and ground truth, by SQL in DuckDB."""

from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import EVENTS, SECONDS, ExactRun
from tests.exactness.close import is_close
from tests.exactness.system import wait_until

HERE = Path(__file__).parents[1]
RESULTS = ("page_views", "revenue", "user_activity", "funnel_stages")

pytestmark = pytest.mark.timeout(2 * SECONDS + 300)


def test_dead_letters_are_the_poison(exact_run: ExactRun) -> None:
    assert exact_run.system.dead_letters() == exact_run.arrivals.dead_letters
    assert len({code for code, _ in exact_run.arrivals.dead_letters}) == 7


def test_every_event_is_in_the_lake_with_its_flags(exact_run: ExactRun) -> None:
    query = "SELECT event_id, is_late, is_duplicate, count(*) FROM {} GROUP BY ALL"
    db = exact_run.arrivals.db
    found = db.execute(query.format(f"read_parquet('{exact_run.system.lake('events')}')")).fetchall()
    expected = db.execute(query.format("arrivals")).fetchall()
    assert Counter(found) == Counter(expected)
    assert sum(row[1] for row in expected) > EVENTS // 500
    assert sum(row[2] for row in expected) > EVENTS // 100


@pytest.mark.parametrize("result", RESULTS)
def test_a_result_equals_the_computation_on_the_clean_events(exact_run: ExactRun, result: str) -> None:
    frame = exact_run.arrivals.db.execute((HERE / "exactness" / "results" / f"{result}.sql").read_text())
    names = [column[0] for column in frame.description]
    expected = {row[:2]: row[2:] for row in frame.fetchall()}
    found: dict[Any, tuple[Any, ...]] = {}

    def equal() -> bool:
        found.clear()
        for row in exact_run.system.rows(result):
            found[_moment(row[names[0]]), row[names[1]]] = tuple(row[name] for name in names[2:])
        return found.keys() == expected.keys() and all(is_close(found[key], expected[key]) for key in expected)

    try:
        wait_until(equal, result, 60)
    except AssertionError:
        wrong = [key for key in expected.keys() | found.keys() if not is_close(found.get(key), expected.get(key))]
        pytest.fail(
            f"{len(wrong)} of {len(expected)} differ: "
            + "; ".join(f"{key}: {found.get(key)} is {expected.get(key)}" for key in wrong[:5])
        )
    assert len(expected) > 50


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=None)
