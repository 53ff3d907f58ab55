"""Simulated traffic with late, duplicate and poison records, through the whole path once for all exactness tests.

The number of events is ``SHOPSTREAM_EXACTNESS_EVENTS`` (a million: about fifteen minutes).
"""

import os
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from tests.exactness.arrivals import Arrivals
from tests.exactness.system import System, running_system, wait_until
from tests.exactness.threshold_alerts import Hours

EVENTS = int(os.environ.get("SHOPSTREAM_EXACTNESS_EVENTS", "40000"))
SEED = os.environ.get("SHOPSTREAM_EXACTNESS_SEED", "7")
SECONDS = 120 + EVENTS / 1_000


class ExactRun(NamedTuple):
    """The system that has read everything, and what it has read."""

    system: System
    arrivals: Arrivals
    hours: Hours


@pytest.fixture(scope="package")
def exact_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExactRun]:
    """A system that has worked off six hours of traffic, stopped and restored in the midst of it."""
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
        hours = Hours(arrivals.db)
        system.shopstream("replay", "--raw", str(output))
        settings = {"anomaly_count_limit": hours.count_limit, "anomaly_intensity_limit": hours.intensity_limit}
        # Of the commands, too: a backfill judges by them.
        system.environment |= {f"SHOPSTREAM_{name.upper()}": str(value) for name, value in settings.items()}
        system.submit(**settings)
        # While it works: no result may differ by it.
        system.restart(**settings)
        poison = sum(arrivals.dead_letters.values())
        wait_until(
            lambda: system.events_in_lake() >= arrivals.records - poison and system.dead_letters().total() >= poison,
            "every record in the lake or among the dead letters",
            SECONDS,
        )
        yield ExactRun(system, arrivals, hours)
