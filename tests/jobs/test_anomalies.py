"""The anomaly job on synthetic weeks with planted anomalies, and against a recomputation in NumPy."""

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.alert_stream import SLOT, WindowRow, alerts, final_row, run
from benchmarks.event_series import Planted, hours, slot_counts
from flink_jobs import sources
from flink_jobs.anomalies.rules import Rule
from flink_jobs.environment import table_environment
from flink_jobs.metrics import job as metrics
from flink_jobs.metrics.window_metric import EVENT_WINDOWS
from flink_jobs.settings import JobSettings
from tests.jobs.anomaly_oracle import DAY, judge
from tests.jobs.records import create_bounded_records

START = datetime(2026, 3, 5, tzinfo=UTC)
NO_THRESHOLDS = (Rule("count_threshold", is_on=False), Rule("intensity_threshold", is_on=False))
Counts = dict[str, NDArray[np.int64]]

PLANTED = {
    "spike": [Planted(9 * DAY + 70, 12, 4.0)],
    "drop": [Planted(9 * DAY + 75, 18, 0.3)],
    "outage": [Planted(8 * DAY + 80, 9, 0.0)],
    "two": [Planted(8 * DAY + 60, 9, 5.0), Planted(10 * DAY + 80, 12, 0.2)],
}


def moment(slot: int) -> datetime:
    """Start of the window or slot."""
    return START + slot * SLOT


def slot_of(at: str) -> int:
    """The slot that begins then."""
    return (datetime.fromisoformat(at) - START) // SLOT


def users_of(name: str, events: int) -> int:
    """One user has five events, a bot many."""
    return 1 + events // (120 if name == "bot" else 5)


def last_row(series: Counts, name: str, slot: int) -> list[WindowRow]:
    """Return the last row of a window; one without events has none."""
    events = int(series[name][slot])
    return [final_row(name, moment(slot), events, users_of(name, events))] if events else []


def final_rows(series: Counts) -> list[WindowRow]:
    """Return the last rows in the order in which they become final."""
    longest = max(len(counts) for counts in series.values())
    return [row for slot in range(longest) for name in series for row in last_row(series, name, slot)]


def live_rows(rng: random.Random, slots: Counts) -> list[WindowRow]:
    """Return rows as windows fill, once in each ten minutes, with events up to ten minutes late; and the last rows."""
    series = {name: hours(counts) for name, counts in slots.items()}
    length = len(next(iter(slots.values())))
    rows = []
    for now in range(length):
        if now >= 7:
            rows += [row for name in slots for row in last_row(series, name, now - 7)]
        for name, counts in slots.items():
            late = rng.randint(0, int(counts[now - 1]) // 5) if now else 0
            for start in range(max(0, now - 6), now + 1):
                seen = int(counts[start:now].sum())
                # The window that is over has none of the ten minutes under way.
                seen += rng.randint(0, int(counts[now])) if start > now - 6 else 0
                seen -= late if start < now else 0
                if seen > 0:
                    rows.append(WindowRow(name, moment(start), seen, users_of(name, seen), moment(now) + SLOT / 2))
    return rows + [row for start in (length - 7, length - 6) for name in slots for row in last_row(series, name, start)]


def latest(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the latest state of each alert by its id, withdrawn ones left out."""
    found = {row["alert_id"]: row for row in rows}
    return {name: row for name, row in found.items() if row["status"] != "withdrawn"}


@pytest.fixture(scope="module")
def series() -> Counts:
    rng = np.random.default_rng(20261101)
    planted = {name: hours(slot_counts(rng, 14, 800, 2, each)) for name, each in PLANTED.items()}
    clean = {
        f"clean_{number}": hours(slot_counts(rng, 14, per_hour, dispersion))
        for number, (per_hour, dispersion) in enumerate([(0.5, 1), (8, 2), (60, 1), (300, 3), (2000, 2), (20_000, 4)])
    }
    return planted | clean


@pytest.fixture(scope="module")
def found(series: Counts, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    return alerts(tmp_path_factory.mktemp("weeks") / "job", final_rows(series), NO_THRESHOLDS)


@pytest.mark.parametrize("name", PLANTED)
def test_each_planted_anomaly_is_one_alert_with_its_start_and_end(name: str, found: list[dict[str, Any]]) -> None:
    of_type = [row for row in latest(found).values() if row["event_type"] == name]
    assert len(of_type) == len(PLANTED[name])
    for row, planted in zip(sorted(of_type, key=lambda row: row["started_at"]), PLANTED[name], strict=True):
        assert row["kind"] == "unusual"
        assert row["direction"] == ("high" if planted.factor > 1 else "low")
        assert row["status"] == "closed"
        # An hour of which only ten minutes are in it need not stand out yet: two windows at each side.
        assert 0 <= slot_of(row["started_at"]) - planted.windows[0] <= 2
        assert 0 <= planted.windows[-1] - (slot_of(row["ended_at"]) - 6) <= 2
        assert slot_of(row["peak_at"]) in planted.windows


def test_a_new_level_is_an_alert_for_some_days_and_then_usual(tmp_path: Path) -> None:
    shift = Planted(9 * DAY + 60, 100 * DAY, 3.0)
    counts = hours(slot_counts(np.random.default_rng(3), 20, 800, 2, [shift]))
    found = list(latest(alerts(tmp_path / "job", final_rows({"view": counts}), NO_THRESHOLDS)).values())
    starts, ends = ([slot_of(row[name]) for row in found] for name in ("started_at", "ended_at"))
    assert 0 <= min(starts) - shift.windows[0] <= 2
    assert shift.start + 4 * DAY < max(ends) < shift.start + 9 * DAY
    assert {row["direction"] for row in found} == {"high"}
    assert len(found) <= 3


def test_there_are_few_false_alarms(series: Counts, found: list[dict[str, Any]]) -> None:
    names = [name for name in series if name.startswith("clean")]
    false = [row for row in latest(found).values() if row["event_type"] in names]
    # Less than one a week and type: nine days of fourteen are judged.
    assert len(false) < len(names) * 9 / 7, false


def test_starts_ends_ranges_and_scores_equal_the_recomputation(series: Counts, found: list[dict[str, Any]]) -> None:
    states = 0
    for name, counts in series.items():
        expected = judge(counts[: len(counts) - 6])
        closed = {
            (row["direction"], slot_of(row["started_at"]), slot_of(row["ended_at"]) - 6, slot_of(row["peak_at"]))
            for row in latest(found).values()
            if row["event_type"] == name and row["status"] == "closed"
        }
        assert closed == {
            ("high" if alert.direction > 0 else "low", alert.first, alert.last, alert.peak)
            for alert in expected.alerts
            if alert.is_over
        }
        for row in found:
            if row["event_type"] == name:
                at = slot_of(row["peak_at"])
                assert row["peak"] == counts[at]
                assert row["score"] == pytest.approx(abs(expected.scores[at]), rel=1e-4)
                assert row["expected_low"] == pytest.approx(expected.low[at], rel=1e-4, abs=1e-3)
                assert row["expected_high"] == pytest.approx(expected.high[at], rel=1e-4)
                states += 1
    assert states > 20


def test_live_rows_and_a_replay_of_the_last_ones_end_in_the_same_alerts(tmp_path: Path) -> None:
    rng = np.random.default_rng(7)
    slots = {
        "spike": slot_counts(rng, 9, 900, 2, [Planted(7 * DAY + 60, 9, 3.0), Planted(8 * DAY + 30, 9, 6.0)]),
        "drop": slot_counts(rng, 9, 900, 2, [Planted(7 * DAY + 80, 12, 0.1)]),
        "bot": slot_counts(rng, 9, 400, 1, [Planted(6 * DAY + 80, 6, 20.0)]),
    }
    live = alerts(tmp_path / "live", live_rows(random.Random(8), slots))
    replayed = alerts(tmp_path / "replay", final_rows({name: hours(counts) for name, counts in slots.items()}))
    over = {name: row for name, row in latest(replayed).items() if row["status"] == "closed"}
    assert {row["kind"] for row in over.values()} == {"count_threshold", "intensity_threshold", "unusual"}
    assert len(over) > 10
    assert {name: row for name, row in latest(live).items() if row["status"] == "closed"} == over
    # What only grows is told before its window is final: with fewer events than it has in the end.
    counts = {name: hours(each) for name, each in slots.items()}
    opened = [row for row in live if row["status"] == "open" and row["kind"] != "intensity_threshold"]
    early = [row for row in opened if row["peak"] < counts[row["event_type"]][slot_of(row["peak_at"])]]
    assert {row["kind"] for row in early} == {"count_threshold", "unusual"}
    assert {row["direction"] for row in early} == {"high"}


def test_rules_hold_for_one_event_type_or_for_all(tmp_path: Path) -> None:
    rows = [
        final_row(name, moment(slot), 500 if 3 <= slot < 6 else 90, 1 if slot == 4 else 400)
        for slot in range(20)
        for name in ("view", "click", "search", "error")
    ]
    rules = [
        Rule("count_threshold", limit=300, version=11),
        Rule("count_threshold", "click", limit=600, version=12),
        Rule("count_threshold", "search", is_on=False, version=13),
        Rule("intensity_threshold", is_on=False, version=14),
        Rule("intensity_threshold", "error", limit=499, version=15),
    ]
    said = latest(alerts(tmp_path / "job", rows, rules))
    found = {
        (row["event_type"], row["kind"], row["rule_version"], row["started_at"], row["ended_at"])
        for row in said.values()
    }
    assert found == {
        ("view", "count_threshold", 11, "2026-03-05T00:30:00Z", "2026-03-05T01:50:00Z"),
        ("error", "count_threshold", 11, "2026-03-05T00:30:00Z", "2026-03-05T01:50:00Z"),
        ("error", "intensity_threshold", 15, "2026-03-05T00:40:00Z", "2026-03-05T01:40:00Z"),
    }
    (view,) = (row for row in said.values() if row["event_type"] == "view")
    assert (view["peak"], view["expected_high"], view["score"], view["value"]) == (500, 300, 500 / 300, 90)
    assert (view["event_count"], view["unique_users"], view["events_per_user"]) == (500, 400, 1.25)
    assert view["reason"] == "500 view events in the hour from 2026-03-05 00:30 UTC, more than 300."


def test_a_record_that_is_no_rule_changes_nothing(tmp_path: Path) -> None:
    # So many that it is told again also when no watermark passes before the end, which leaves the last hour open.
    rows = [final_row("view", moment(slot), 2000, 2000) for slot in range(24)]

    class Broken(Rule):
        def to_bytes(self) -> bytes:
            return b"{"

    (row,) = latest(alerts(tmp_path / "job", rows, [Broken("count_threshold", "view")])).values()
    assert (row["status"], row["rule_version"]) == ("updated", 0)


def test_from_events_to_alerts(tmp_path: Path) -> None:
    """One view a minute by one user, and 200 by each of five others from 12:03 to 12:09."""
    quiet = [(START + timedelta(minutes=minute), "user") for minute in range(9 * 60, 16 * 60)]
    burst = [
        (START + timedelta(hours=12, minutes=3, milliseconds=360 * number), f"bot_{number % 5}")
        for number in range(1000)
    ]
    events = [
        {
            "event_id": str(number),
            "event_type": "view",
            "timestamp": at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "user_id": user,
        }
        for number, (at, user) in enumerate(sorted(quiet + burst))
    ]
    settings = JobSettings(live_row_ms=0)
    t_env = table_environment(settings, "test", bounded=True)
    create_bounded_records(t_env, tmp_path / "events", events)
    sources.create_event_views(t_env)
    metrics.create_views(t_env, settings, [EVENT_WINDOWS])
    said = latest(run(t_env, tmp_path, (), settings))
    # The hours that hold the burst begin from 11:10 to 12:00; the last of them ends at 13:00.
    assert {
        name: (row["status"], row["ended_at"], row["peak"], row["expected_high"]) for name, row in said.items()
    } == {
        "view:count_threshold:2026-03-05T11:10:00Z": ("closed", "2026-03-05T13:00:00Z", 1060, 1000),
        "view:intensity_threshold:2026-03-05T11:10:00Z": ("closed", "2026-03-05T13:00:00Z", 1060 / 6, 100),
    }
