import json
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from benchmarks.anomalies import DAYS, KINDS, START, Finding, Kind, Series, compare, report
from benchmarks.event_series import Planted, hours, slot_counts

SPIKE = Kind(3, 12)
OUTAGE = Kind(0, 6)


def alert(direction: str, first: int, last: int) -> dict[str, Any]:
    """An alert of which these are the first and the last window."""
    ends = (START + first * timedelta(minutes=10), START + last * timedelta(minutes=10) + timedelta(hours=1))
    started, ended = (moment.strftime("%Y-%m-%dT%H:%M:%SZ") for moment in ends)
    return {"event_type": "a", "direction": direction, "started_at": started, "ended_at": ended}


def series() -> dict[str, Series]:
    planted = ((SPIKE, Planted(1000, 12, 3)), (OUTAGE, Planted(2000, 6, 0)))
    return {"a": Series(5_000, np.zeros(1, dtype=np.int64), planted)}


def test_alerts_are_found_false_or_in_the_shadow() -> None:
    found = [
        alert("high", 997, 1010),  # the windows 995 to 1011 hold a part of the spike
        alert("low", 1012, 1013),  # its shadow
        alert("high", 1995, 1996),  # of the outage, in the wrong direction
        alert("high", 1500, 1501),
        alert("low", 1014, 1016),
    ]
    findings, false = compare(series(), found)
    assert findings == [Finding(5_000, SPIKE, True, 2, -1), Finding(5_000, OUTAGE, False)]
    assert false == 2


def test_an_alert_in_two_parts_counts_once() -> None:
    findings, false = compare(series(), [alert("high", 994, 998), alert("high", 1002, 1015)])
    assert findings[0] == Finding(5_000, SPIKE, True, -1, 4)
    assert false == 0


def test_the_report_has_shares_of_all() -> None:
    shown = report(series(), [alert("high", 997, 1010)] * 4)
    assert json.loads(shown.as_json())["details"]["found"][str(SPIKE)]["5000"] == 1
    made = {result.name: result.figure for result in shown.results}
    assert made["alerts that belong to a planted anomaly"] == 1
    assert made[f"found: {SPIKE}"] == 1
    assert made[f"found: {OUTAGE}"] == 0
    assert made["false alarms of an event type in a week"] == 0
    false = report(series(), [alert("high", 997, 1010), alert("high", 1500, 1501)])
    assert false.results[0].figure == pytest.approx(7 / (DAYS - 5))
    assert false.results[1].figure == 0.5


def test_each_kind_is_planted_once_and_apart() -> None:
    one = Series.make(1_000, 2, 5)
    assert sorted(kind for kind, _ in one.planted) == sorted(KINDS)
    starts = sorted(planted.start for _, planted in one.planted)
    assert min(np.diff(starts)) > 36 + 2 * 6
    assert starts[-1] + 36 < DAYS * 144


def test_windows_are_six_slots_and_anomalies_scale_the_rate() -> None:
    assert hours(np.arange(8)).tolist() == [15, 21, 27]
    planted = Planted(144, 6, 4)
    assert planted.windows == range(139, 150)
    plain, spiked = (
        np.mean([slot_counts(np.random.default_rng(seed), 2, 6_000, 2, each) for seed in range(20)], axis=0)
        for each in ((), (planted,))
    )
    assert spiked[144:150] / plain[144:150] == pytest.approx(4, rel=0.1)
    assert plain[:144].mean() == pytest.approx(1_000, rel=0.05)
