"""The whole path while its parts are killed, paused, cut off and starved of disk; ``make chaos`` for many rounds.

``SHOPSTREAM_CHAOS_ROUNDS`` rounds (1), seeds from ``SHOPSTREAM_CHAOS_SEED`` on; each is some traffic in real time with
faults by its seed, and then every result beside a clean computation of everything that was ever sent.
"""

import os
from pathlib import Path

import pytest

from tests.chaos.checks import check_all, no_row_goes_back
from tests.chaos.shop import Round, running_shop
from tests.exactness.checks import check_windows

ROUNDS = int(os.environ.get("SHOPSTREAM_CHAOS_ROUNDS", "1"))
SEED = int(os.environ.get("SHOPSTREAM_CHAOS_SEED", "1"))
RECOVERY_SECONDS = float(os.environ.get("SHOPSTREAM_CHAOS_RECOVERY_SECONDS", "120"))
"""Longest time from the end of a fault to the first checkpoint after it; `make chaos` asks for 30."""

SHORT = ("kill flink-taskmanager", "kill kafka", "kill valkey")
"""What a single round does: the faults that lose most in a path that is not careful."""

PLANTED = Path(__file__).parent / "planted"


@pytest.mark.timeout(300 + 400 * ROUNDS)
def test_nothing_is_lost_and_nothing_counted_twice(tmp_path: Path) -> None:
    rounds: list[Round] = []
    with running_shop(tmp_path) as shop, no_row_goes_back(shop.system):
        for number in range(ROUNDS):
            done = shop.round(SEED + number, 75, 2 if ROUNDS > 1 else SHORT)
            rounds.append(done)
            took = ", ".join(f"{name} {took:.1f} s" for name, took in zip(done.faults, done.recovered, strict=True))
            print(f"round {number + 1} of {ROUNDS}, seed {done.seed}: {took}", flush=True)  # noqa: T201 (a report)
            arrivals = check_all(shop)
            print(f"  {arrivals.records:,} records so far: every result as computed", flush=True)  # noqa: T201 (a report)
    slow = [(one.faults, one.recovered) for one in rounds if max(one.recovered) > RECOVERY_SECONDS]
    assert not slow


@pytest.mark.skipif(ROUNDS == 1, reason="minutes each: they are run by `make chaos`")
@pytest.mark.timeout(600)
def test_a_sink_that_writes_again_is_found(tmp_path: Path) -> None:
    with running_shop(tmp_path, main=PLANTED / "dead_letters_at_least_once.py") as shop:
        # So many that some were written after the checkpoint that the killed job goes back to.
        shop.round(SEED, 60, ["kill flink-taskmanager"], poison=0.5)
        with pytest.raises(AssertionError):
            check_all(shop)
        assert shop.system.dead_letters() > shop.arrivals().dead_letters


@pytest.mark.skipif(ROUNDS == 1, reason="minutes each: they are run by `make chaos`")
@pytest.mark.timeout(600)
def test_offsets_that_are_committed_early_are_found(tmp_path: Path) -> None:
    with running_shop(
        tmp_path, results=["page_views"], main=PLANTED / "offsets_committed_early.py", checkpoint_seconds=3600
    ) as shop:
        shop.round(SEED, 60, [], has_checkpoints=False)
        assert check_windows(shop.system, shop.arrivals(), "page_views")
        shop.round(SEED + 1, 60, ["kill flink-taskmanager"], has_checkpoints=False)
        with pytest.raises(pytest.fail.Exception, match="page_views: .* differ"):
            check_windows(shop.system, shop.arrivals(), "page_views", seconds=60)
