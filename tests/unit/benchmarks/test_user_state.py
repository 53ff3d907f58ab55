"""The figures of a run, by hand."""

from dataclasses import replace

from benchmarks import user_state
from tests.unit.benchmarks.test_pipeline import RUN


def test_the_goal_is_the_heap_that_may_be_taken() -> None:
    results = {result.name: result for result in user_state.report(RUN, 1024).results}
    limit = results["largest heap that the TaskManager may take"]
    assert (limit.figure, limit.met) == (1024, True)
    assert results["state of a user"].figure == 1536
    assert results["heap in use at the end"].figure == 512
    over = user_state.report(replace(RUN, heap_limit_bytes=1536 * 2**20 + 1), 1024).results[0]
    assert over.met is False
