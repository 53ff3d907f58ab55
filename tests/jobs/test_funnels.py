"""The ordered funnel against ClickHouse's windowFunnel on random event streams."""

import json
import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from flink_jobs import sources
from flink_jobs.environment import table_environment
from flink_jobs.funnels import job
from flink_jobs.funnels.funnel import Funnel, Step, load_funnel
from flink_jobs.settings import JobSettings
from tests.jobs.funnel_oracle import Key, funnel_rows
from tests.jobs.records import create_bounded_records

START = datetime(2026, 3, 1, 9, tzinfo=UTC)
TYPES = ["product_view", "add_to_cart", "checkout", "purchase"]
REFERRERS = {
    None: "unknown",
    "": "unknown",
    "newsletter": "newsletter",
    "https://search.example/find?q=shoes": "search.example",
    "https://search.example": "search.example",
    "android-app://com.example.social/": "com.example.social",
}
# Ties, single microseconds, and the conversion window's very end.
PAUSES = [0, 0, 0, 1e-6, 0.5, 20, 61.25, 300, 900, 1800, 1800, 2700, 3600, 3600.000001, 5400]
SHOP = load_funnel(JobSettings().funnel)
OTHER = Funnel(
    name="other",
    conversion_minutes=90,
    breakdowns=["product_category", "device"],
    steps=[Step(name="bought", event_type="purchase"), *(Step(name=t, event_type=t) for t in TYPES[:2])],
)
Row = dict[str, Any]


def shop_events(seed: int, users: int, count: int) -> list[Row]:
    """Events in order of time, of users who go back and forth, at several of the day's full hours too."""
    rng = random.Random(seed)
    events = []
    for user in range(users):
        moment = START + timedelta(minutes=rng.choice([0, 15, 30, rng.uniform(0, 240)]))
        device = rng.choice(["mobile", "desktop", None])
        forward = rng.random() < 0.5
        for number in range(count):
            moment += timedelta(seconds=rng.choice(PAUSES))
            kind = TYPES[number % 4] if forward and rng.random() < 0.8 else rng.choices(TYPES, [6, 3, 2, 2])[0]
            events.append(
                {
                    "event_id": f"{user}-{number}",
                    "event_type": kind,
                    "timestamp": moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
                    "user_id": f"user_{user}",
                    "context.device": rng.choice([device, device, "tablet"]),
                    "context.country": rng.choice(["DE", "FR", "", None]),
                    "properties.referrer": rng.choice(list(REFERRERS)),
                    "properties.category": rng.choice(["shoes", "hats", None]) if kind == "product_view" else None,
                }
            )
            if rng.random() < 0.1:
                events.append({**events[-1], "event_id": f"{user}-{number}-page", "event_type": "page_view"})
    return sorted(events, key=lambda event: event["timestamp"])


def shuffled(events: list[Row], seed: int) -> list[Row]:
    """The events as they arrive when each is up to 590 s late."""
    rng = random.Random(seed)
    return sorted(events, key=lambda e: datetime.fromisoformat(e["timestamp"]) + timedelta(seconds=rng.uniform(0, 590)))


def stream(folder: Path, arrivals: list[Row], funnel: Funnel, interval_ms: int) -> list[Row]:
    """Run the job's own statements over the arrivals; return the rows of ``funnel_conversions`` in their order."""
    t_env = table_environment(JobSettings(live_row_ms=0), "test", bounded=True)
    create_bounded_records(t_env, folder / "in", arrivals)
    sources.create_event_views(t_env)
    job.create_views(t_env, funnel, interval_ms)
    columns = (
        "funnel STRING, window_start TIMESTAMP_LTZ(3), breakdown STRING, `value` STRING, step INT, step_name STRING,"
        " users BIGINT, step_rate DOUBLE, overall_rate DOUBLE, drop_off BIGINT, median_seconds DOUBLE,"
        " is_capped BOOLEAN, is_final BOOLEAN"
    )
    t_env.execute_sql(
        f"CREATE TEMPORARY TABLE funnel_conversions ({columns})"
        f" WITH ('connector' = 'filesystem', 'path' = '{folder}/out', 'format' = 'json',"
        " 'json.timestamp-format.standard' = 'ISO-8601')"
    )
    (conversions,) = job.inserts()
    t_env.execute_sql(conversions).wait()
    (part,) = (folder / "out").iterdir()
    return [json.loads(line) for line in part.read_text().splitlines()]


def expected(events: list[Row], funnel: Funnel) -> dict[Key, tuple[int, float]]:
    """Users and median seconds of each window, breakdown, value and step, from ClickHouse."""
    numbers = {step.event_type: number for number, step in enumerate(funnel.steps, start=1)}
    steps = pd.DataFrame(
        {
            "user_id": e["user_id"],
            "us": round(datetime.fromisoformat(e["timestamp"]).timestamp() * 1e6),
            "step": numbers[e["event_type"]],
            "device": e["context.device"] or "unknown",
            "country": e["context.country"] or "unknown",
            "referrer": REFERRERS[e["properties.referrer"]],
            "product_category": e["properties.category"] or "unknown",
        }
        for e in events
        if e["event_type"] in numbers
    ).astype({"us": "uint64"})
    return funnel_rows(steps, funnel)


def key(row: Row) -> Key:
    return datetime.fromisoformat(row["window_start"]), row["breakdown"], row["value"], row["step"]


def finals(rows: list[Row]) -> dict[Key, Row]:
    """The final row of each key, which is its last and the only such one."""
    latest = {key(row): row for row in rows}
    times = Counter(key(row) for row in rows if row["is_final"])
    assert set(times) == set(latest)
    assert set(times.values()) == {1}
    assert all(row["is_final"] for row in latest.values())
    return latest


def check(rows: list[Row], events: list[Row], funnel: Funnel) -> None:
    """Every final row is what ClickHouse says, and there is none that it does not know, but for emptied values."""
    wanted = expected(events, funnel)
    found = finals(rows)
    assert {at for at, row in found.items() if row["users"]} == set(wanted)
    names = [step.name for step in funnel.steps]
    for (window, breakdown, value, step), row in found.items():
        users, median = wanted.get((window, breakdown, value, step), (0, None))
        before = wanted.get((window, breakdown, value, max(step - 1, 1)), (0, None))[0]
        entered = wanted.get((window, breakdown, value, 1), (0, None))[0]
        assert row == {
            **row,
            "funnel": funnel.name,
            "step_name": names[step - 1],
            "users": users,
            "step_rate": pytest.approx(users / before if before else 0, rel=1e-12),
            "overall_rate": pytest.approx(users / entered if entered else 0, rel=1e-12),
            "drop_off": before - users,
            "median_seconds": median,
            "is_capped": False,
        }


def moments(rows: list[Row]) -> Iterator[int]:
    """Rows in order: how many users the whole shop had had in any step so far."""
    seen: dict[Key, int] = {}
    for row in rows:
        if row["breakdown"] == "none":
            seen[key(row)] = row["users"]
            yield sum(seen.values())


@pytest.mark.parametrize("funnel", [SHOP, OTHER], ids=lambda funnel: str(funnel.name))
def test_late_and_unordered_events_give_what_clickhouse_gives(tmp_path: Path, funnel: Funnel) -> None:
    events = shop_events(seed=1, users=300, count=24)
    arrivals = shuffled(events, seed=2)
    assert arrivals != events
    rows = stream(tmp_path, arrivals, funnel, interval_ms=60_000)
    check(rows, events, funnel)


def test_rows_go_out_while_the_window_is_open(tmp_path: Path) -> None:
    events = shop_events(seed=3, users=60, count=16)
    rows = stream(tmp_path, events, SHOP, interval_ms=0)
    check(rows, events, SHOP)
    totals = list(moments(rows))
    assert len(totals) > 300
    # Without late events a user only ever goes deeper.
    assert totals == sorted(totals)


def test_a_value_that_a_late_event_empties_ends_in_zeros(tmp_path: Path) -> None:
    def view(number: int, minute: int, device: str) -> Row:
        moment = START + timedelta(minutes=minute)
        return {
            "event_id": str(number),
            "event_type": "product_view",
            "timestamp": moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "user_id": "user",
            "context.device": device,
            "context.country": "DE",
            "properties.referrer": None,
            "properties.category": None,
        }

    arrivals = [view(1, 9, "mobile"), view(2, 3, "desktop")]
    rows = stream(tmp_path, arrivals, SHOP, interval_ms=0)
    check(rows, arrivals, SHOP)
    devices = [(row["value"], row["users"]) for row in rows if row["breakdown"] == "device" and row["step"] == 1]
    assert devices[:3] == [("mobile", 1), ("mobile", 0), ("desktop", 1)]
    assert sorted(devices[3:]) == [("desktop", 1), ("mobile", 0)]


def test_a_bot_is_capped_and_flagged(tmp_path: Path) -> None:
    base = shop_events(seed=4, users=5, count=10)
    bot = [
        {**base[0], "event_id": f"bot-{n}", "event_type": kind, "user_id": "bot",
         "timestamp": (START + timedelta(seconds=n * 0.5)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")}
        for n, kind in enumerate(["product_view"] * 3000 + TYPES)
    ]  # fmt: skip
    events = sorted([*base, *bot], key=lambda event: event["timestamp"])
    rows = stream(tmp_path, events, SHOP, interval_ms=60_000)
    wanted = expected(events, SHOP)
    found = finals(rows)
    total = {at: row for at, row in found.items() if at[1] == "none"}
    assert {at: row["users"] for at, row in total.items() if row["users"]} == {
        at: users for at, (users, _) in wanted.items() if at[1] == "none"
    }
    assert {row["is_capped"] for at, row in total.items() if at[0] == START} == {True}
    assert {row["is_capped"] for at, row in total.items() if at[0] != START} == {False}
