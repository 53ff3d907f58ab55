"""Rolling user features against a recount of the events in DuckDB at random moments."""

import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from flink_jobs import sources
from flink_jobs.environment import table_environment
from flink_jobs.features import job
from flink_jobs.features.columns import feature_names
from flink_jobs.features.schema import USER, USER_FEATURES
from flink_jobs.settings import JobSettings
from tests.jobs.records import create_bounded_records

START = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
NAMES = [feature.name for feature in USER_FEATURES]
TYPES = ["page_view", "page_view", "product_view", "add_to_cart", "remove_from_cart", "purchase", "login"]


def shop_events(seed: int, users: int, count: int) -> list[dict[str, Any]]:
    """Events in order of time: bursts, long silences, two sessions at once, sub-second steps."""
    rng = random.Random(seed)
    events = []
    for user in range(users):
        moment = START + timedelta(seconds=rng.uniform(0, 7200))
        for number in range(count // users):
            moment += timedelta(seconds=rng.choice([0.25, 3, 40, 200, 900, 1799.5, 5000, 40_000]) * rng.random())
            event_type = rng.choice(TYPES)
            event: dict[str, Any] = {
                "event_id": f"{user}-{number}",
                "event_type": event_type,
                "timestamp": moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
                "user_id": f"user_{user}",
                "session_id": rng.choice([f"{user}-{number // 12}", f"{user}-{number // 12}", f"{user}-b", None]),
            }
            if event_type == "page_view":
                event["properties.page"] = f"/{rng.randrange(9)}"
            if event_type == "purchase":
                event["properties.total"] = round(rng.lognormvariate(3, 1), 2)
            if event_type in ("add_to_cart", "remove_from_cart"):
                event["properties.price"] = round(rng.uniform(1, 90), 2)
                event["properties.quantity"] = rng.randint(1, 3)
            events.append(event)
    return sorted(events, key=lambda event: event["timestamp"])


def stream(folder: Path, arrivals: list[dict[str, Any]], lag: str) -> list[dict[str, Any]]:
    """Run the job's own views over the arrivals; return its rows."""
    t_env = table_environment(JobSettings(live_row_ms=0), "test", bounded=True)
    create_bounded_records(t_env, folder / "in", arrivals, lag)
    sources.create_event_views(t_env)
    job.create_views(t_env, [USER])
    t_env.execute_sql(
        "CREATE TEMPORARY TABLE out_rows (user_id STRING, event_us STRING, version BIGINT, "
        + ", ".join(f"{f.name} {'DOUBLE' if f.type == 'double' else 'STRING'}" for f in USER_FEATURES)
        + f") WITH ('connector' = 'filesystem', 'path' = '{folder}/out', 'format' = 'json')"
    )
    columns = ", ".join(f.name if f.type == "double" else f"CAST({f.name} AS STRING)" for f in USER_FEATURES)
    t_env.execute_sql(
        "INSERT INTO out_rows SELECT user_id, CAST(event_timestamp AS STRING), version, "
        f"{columns} FROM user_feature_rows"
    ).wait()
    return [json.loads(line) for part in (folder / "out").iterdir() for line in part.read_text().splitlines()]


def recount(
    events: list[dict[str, Any]], probes: list[tuple[str, datetime]]
) -> tuple[duckdb.DuckDBPyConnection, list[tuple[Any, ...]]]:
    """The features of each probe from the events alone, and the database that has the table ``probes``."""
    db = duckdb.connect()
    sign = {"add_to_cart": 1, "remove_from_cart": -1}
    event_table = pd.DataFrame(
        {
            "position": position,
            "user_id": e["user_id"],
            "ts": e["timestamp"][:-1],
            "event_type": e["event_type"],
            "session_id": e["session_id"],
            "page": e.get("properties.page"),
            "total": e.get("properties.total"),
            "cart_delta": e.get("properties.price", 0) * e.get("properties.quantity", 0) * sign.get(e["event_type"], 0),
        }
        for position, e in enumerate(events)
    )
    probe_table = pd.DataFrame(
        {"probe": number, "user_id": user, "moment": moment.replace(tzinfo=None).isoformat()}
        for number, (user, moment) in enumerate(probes)
    )
    for name, table, time in (("events", event_table, "ts"), ("probes", probe_table, "moment")):
        create(db, name, table, time)
    expected = db.execute((Path(__file__).parent / "user_features.sql").read_text()).fetchall()
    assert len(expected) == len(probes)
    return db, expected


def create(db: duckdb.DuckDBPyConnection, name: str, table: pd.DataFrame, time: str) -> None:
    """Make a table of a frame whose column ``time`` is text."""
    db.register(f"{name}_in", table)
    db.execute(f"CREATE TABLE {name} AS SELECT * REPLACE ({time}::TIMESTAMP AS {time}) FROM {name}_in")


def compare(rows: list[dict[str, Any]], events: list[dict[str, Any]], probes: list[tuple[str, datetime]]) -> None:
    """The latest row of the user at each probe's moment equals the recount."""
    db, expected = recount(events, probes)
    row_table = pd.DataFrame(
        {"user_id": r["user_id"], "ts": r["event_us"], "version": r["version"], "number": number}
        for number, r in enumerate(rows)
    )
    create(db, "rows", row_table, "ts")
    found = db.execute(
        "SELECT p.probe, arg_max(r.number, (r.ts, r.version)) FROM probes p JOIN rows r"
        " ON r.user_id = p.user_id AND r.ts <= p.moment GROUP BY p.probe ORDER BY p.probe"
    ).fetchall()
    assert [probe for probe, _ in found] == [row[0] for row in expected]
    for (probe, number), (_, *values) in zip(found, expected, strict=True):
        row = [
            micros(rows[number][f.name]) if f.type == "timestamp" else float(rows[number][f.name])
            for f in USER_FEATURES
        ]
        assert row == pytest.approx([float(value) for value in values], rel=1e-9), (
            probes[probe],
            dict(zip(NAMES, row, strict=True)),
        )


def micros(text: str) -> float:
    """Flink's text of a timestamp as microseconds since 1970."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1e6


def test_features_as_of_any_moment_equal_a_recount(tmp_path: Path) -> None:
    events = shop_events(seed=1, users=25, count=3000)
    rows = stream(tmp_path, events, "'1' SECOND")
    rng = random.Random(2)
    first = {e["user_id"]: datetime.fromisoformat(e["timestamp"]) for e in reversed(events)}
    last = datetime.fromisoformat(events[-1]["timestamp"])
    probes = []
    for _ in range(1500):
        user = rng.choice(list(first))
        probes.append((user, first[user] + rng.random() * (last - first[user])))
    probes += [(e["user_id"], datetime.fromisoformat(e["timestamp"])) for e in rng.sample(events, 500)]
    compare(rows, events, probes)


def test_late_events_end_in_the_same_values(tmp_path: Path) -> None:
    events = shop_events(seed=3, users=25, count=3000)
    rng = random.Random(4)
    arrivals = sorted(
        events, key=lambda e: datetime.fromisoformat(e["timestamp"]) + timedelta(seconds=rng.uniform(0, 590))
    )
    assert arrivals != events
    rows = stream(tmp_path, arrivals, "'1' SECOND")
    end = datetime.fromisoformat(events[-1]["timestamp"]) + timedelta(minutes=10)
    compare(rows, events, [(user, end) for user in sorted({e["user_id"] for e in events})])


def test_duplicates_and_events_later_than_ten_minutes_change_nothing(tmp_path: Path) -> None:
    events = shop_events(seed=5, users=5, count=400)
    rng = random.Random(6)
    extra = []
    for event in rng.sample(events, 60):
        extra.append((events.index(event) + rng.randrange(1, 40), event))
    for number in range(20):
        place = rng.randrange(200, 400)
        moment = datetime.fromisoformat(events[place - 1]["timestamp"]) - timedelta(minutes=11)
        late = {
            **events[place],
            "event_id": f"late-{number}",
            "timestamp": moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        }
        extra.append((place, late))
    arrivals = list(events)
    for place, event in sorted(extra, key=lambda item: -item[0]):
        arrivals.insert(place, event)
    clean = stream(tmp_path / "clean", events, "'0' SECOND")
    dirty = stream(tmp_path / "dirty", arrivals, "'0' SECOND")
    assert len(clean) > len(events)
    assert sorted(map(json.dumps, dirty)) == sorted(map(json.dumps, clean))


def test_every_feature_of_the_schema_comes_out_of_the_function() -> None:
    assert feature_names(USER).split(", ") == NAMES
