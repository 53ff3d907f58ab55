"""What the job has read and counted, against the simulation's own file and ground truth, by SQL in DuckDB."""

import pytest

from tests.e2e.conftest import EVENTS, SECONDS, ExactRun
from tests.exactness.checks import WINDOWS, check_final, check_lake, check_windows

pytestmark = pytest.mark.timeout(2 * SECONDS + 300)


def test_dead_letters_are_the_poison(exact_run: ExactRun) -> None:
    assert exact_run.system.dead_letters() == exact_run.arrivals.dead_letters
    assert len({code for code, _ in exact_run.arrivals.dead_letters}) == 7


def test_every_event_is_in_the_lake_as_it_was_sent(exact_run: ExactRun) -> None:
    check_lake(exact_run.system, exact_run.arrivals)
    query = "SELECT count(*) FILTER (is_late), count(*) FILTER (is_duplicate) FROM arrivals"
    ((late, duplicate),) = exact_run.arrivals.db.execute(query).fetchall()
    assert late > EVENTS // 500
    assert duplicate > EVENTS // 100


@pytest.mark.parametrize("result", WINDOWS)
def test_a_result_equals_the_computation_on_the_clean_events(exact_run: ExactRun, result: str) -> None:
    assert check_windows(exact_run.system, exact_run.arrivals, result) > 50


@pytest.mark.parametrize("result", WINDOWS)
def test_a_window_is_final_once_and_at_its_end(exact_run: ExactRun, result: str) -> None:
    assert check_final(exact_run.system, exact_run.arrivals, result) > 20
