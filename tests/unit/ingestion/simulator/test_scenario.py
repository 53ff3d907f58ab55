from datetime import datetime, timedelta, timezone
from typing import Any

import orjson
import pytest

from ingestion.errors import ShopstreamError
from ingestion.simulator.scenario import Scenario
from tests.unit.ingestion.simulator.conftest import START


@pytest.mark.parametrize(
    "wrong",
    [
        {"users": 0},
        {"rate": 0.0},
        {"duration": timedelta(0)},
        {"late": -0.1},
        {"poison": 1.1},
        {"late": 0.6, "out_of_order": 0.5},
        {"anomalies": -1},
        {"seed": -1},
        {"start": datetime(2026, 1, 1)},  # noqa: DTZ001 (that is the point)
    ],
)
def test_what_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ShopstreamError):
        Scenario(**wrong)


def test_json_holds_the_whole_scenario() -> None:
    scenario = Scenario(users=3, rate=0.1, start=START, duration=timedelta(seconds=1.5), seed=9, flat=True, late=0.2)
    assert Scenario.from_json(orjson.loads(orjson.dumps(scenario.as_json()))) == scenario


def test_the_run_is_that_of_the_clean_events() -> None:
    run = Scenario(start=START).run
    assert Scenario(start=START, late=0.3, poison=0.5, duplicates=0.0).run == run
    assert Scenario(start=START.astimezone(timezone(timedelta(hours=9)))).run == run
    for other in ({"seed": 2}, {"users": 4}, {"rate": 1.0}, {"flat": True}, {"anomalies": 0}):
        assert Scenario(start=START, **other).run != run
    assert Scenario(start=START + timedelta(microseconds=1)).run != run
