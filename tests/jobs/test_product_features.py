"""Rolling product features against a recount of the events in DuckDB at random moments."""

import json
import random
from collections import Counter
from collections.abc import Iterable
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
from flink_jobs.features.schema import PRODUCT, PRODUCT_FEATURES
from flink_jobs.settings import JobSettings
from tests.jobs.records import create_bounded_records

START = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
MOMENT = "%Y-%m-%dT%H:%M:%S.%fZ"
NAMES = [feature.name for feature in PRODUCT_FEATURES]


def purchase(rng: random.Random, products: list[str]) -> dict[str, Any]:
    """Items of several products, twice of one, some unusable; or no items at all."""
    total = round(rng.uniform(5, 300), 2)
    if rng.random() < 0.15:
        return {"total": total, "product_id": rng.choice(products), "quantity": rng.randint(1, 4)}
    if rng.random() < 0.05:
        return {"total": total, "items": []}
    items: list[Any] = [
        {"product_id": rng.choice(products), "quantity": rng.choice([1, 2, 0.5]), "price": round(rng.uniform(1, 90), 2)}
        for _ in range(rng.randint(1, 5))
    ]
    for bad in ("no item", {"quantity": 2, "price": 3}, {"product_id": products[0], "quantity": -1, "price": 3}):
        if rng.random() < 0.2:
            items.insert(rng.randrange(len(items) + 1), bad)
    return {"total": total, "items": items}


def shop_events(seed: int, count: int, start: datetime = START, steps: Iterable[float] = ()) -> list[dict[str, Any]]:
    """Events in order of time, no two at one moment: bursts within a second, silences of up to half a day."""
    rng = random.Random(seed)
    products = [f"prod_{number}" for number in range(9)]
    choices = list(steps) or [0.01, 0.05, 0.3, 2, 40, 200, 900, 4_000]
    events = []
    moment = start
    for number in range(count):
        moment += timedelta(seconds=0.000_001 + rng.choice(choices) * rng.random())
        event_type = rng.choices(["product_view", "add_to_cart", "purchase", "page_view", "search"], [8, 3, 2, 1, 1])[0]
        properties: dict[str, Any] = {"product_id": products[min(int(rng.expovariate(0.5)), 8)]}
        if event_type == "add_to_cart":
            properties |= {"price": 3.5, "quantity": rng.randint(1, 9)}
        if event_type == "purchase":
            properties = purchase(rng, products)
        if rng.random() < 0.05:
            properties.pop("product_id", None)
        events.append(
            {
                "event_id": f"e{number}",
                "event_type": event_type,
                "timestamp": moment.strftime(MOMENT),
                "user_id": f"u{number % 5}",
                "properties": json.dumps(properties),
                **{f"properties.{key}": cell for key, cell in properties.items() if key != "items"},
            }
        )
    return events


def product_events(events: list[dict[str, Any]]) -> list[tuple[str, str, str, float, float]]:
    """What each event means for each product: id, time, kind, units, revenue; from the JSON, one row a product."""
    rows = []
    for event in events:
        kind, properties = event["event_type"], json.loads(event["properties"])
        if kind in ("product_view", "add_to_cart") and properties.get("product_id"):
            rows.append((properties["product_id"], event["timestamp"][:-1], kind, 0.0, 0.0))
        if kind == "purchase":
            amounts: dict[str, list[float]] = {}
            for item in properties.get("items", []):
                if isinstance(item, dict) and item.get("product_id") and item["quantity"] > 0:
                    amount = amounts.setdefault(item["product_id"], [0, 0])
                    amount[0] += item["quantity"]
                    amount[1] += item["quantity"] * item["price"]
            if not amounts and "product_id" in properties:
                amounts[properties["product_id"]] = [properties["quantity"], properties["total"]]
            rows += [(name, event["timestamp"][:-1], kind, *amount) for name, amount in amounts.items()]
    return rows


def stream(folder: Path, arrivals: list[dict[str, Any]], lag: str) -> list[dict[str, Any]]:
    """Run the job's own views over the arrivals; return its rows, their times as text."""
    t_env = table_environment(JobSettings(live_row_ms=0), "test", bounded=True)
    create_bounded_records(t_env, folder / "in", arrivals, lag)
    sources.create_event_views(t_env)
    job.create_views(t_env, [PRODUCT])
    columns = ", ".join(f"{name} DOUBLE" for name in NAMES)
    t_env.execute_sql(
        f"CREATE TEMPORARY TABLE out_rows (product_id STRING, ts STRING, version BIGINT, {columns})"
        f" WITH ('connector' = 'filesystem', 'path' = '{folder}/out', 'format' = 'json')"
    )
    t_env.execute_sql(
        "INSERT INTO out_rows SELECT product_id, CAST(event_timestamp AS STRING), version, "
        f"{feature_names(PRODUCT)} FROM product_feature_rows"
    ).wait()
    return [json.loads(line) for part in (folder / "out").iterdir() for line in part.read_text().splitlines()]


def compare(rows: list[dict[str, Any]], events: list[dict[str, Any]], probes: list[tuple[str, str]]) -> None:
    """The latest row of the product at each probe's moment equals the recount."""
    db = duckdb.connect()
    tables = {
        "events": pd.DataFrame(product_events(events), columns=["product_id", "ts", "kind", "units", "revenue"]),
        "probes": pd.DataFrame([(n, *probe) for n, probe in enumerate(probes)], columns=["probe", "product_id", "ts"]),
        "rows": pd.DataFrame(
            [(n, row["product_id"], row["ts"], row["version"]) for n, row in enumerate(rows)],
            columns=["number", "product_id", "ts", "version"],
        ),
    }
    for name, table in tables.items():
        db.register(f"{name}_in", table)
        db.execute(f"CREATE TABLE {name} AS SELECT * REPLACE (ts::TIMESTAMP AS ts) FROM {name}_in")
    db.execute("ALTER TABLE probes RENAME ts TO moment")
    expected = db.execute((Path(__file__).parent / "product_features.sql").read_text()).fetchall()
    found = db.execute(
        "SELECT p.probe, arg_max(r.number, (r.ts, r.version)) FROM probes p JOIN rows r"
        " ON r.product_id = p.product_id AND r.ts <= p.moment GROUP BY p.probe ORDER BY p.probe"
    ).fetchall()
    assert len(expected) > 0.9 * len(probes), "most probes lie after the product's first event"
    assert [probe for probe, _ in found] == [row[0] for row in expected]
    for (probe, number), (_, *values) in zip(found, expected, strict=True):
        row = [rows[number][name] for name in NAMES]
        assert row == pytest.approx([float(value) for value in values], rel=1e-9), (probes[probe], rows[number])


def seconds(events: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Probes at the ends of random seconds, and of those of events: all of a second is in the log once it is over."""
    rng = random.Random(2)
    products = sorted({row[0] for row in product_events(events)})
    times = [datetime.fromisoformat(event["timestamp"]) for event in events]
    span = times[-1] - times[0] + timedelta(hours=30)
    moments = [times[0] + rng.random() * span for _ in range(1500)]
    probes = [(rng.choice(products), moment) for moment in moments]
    probes += [(rng.choice(products[:3]), moment) for moment in rng.sample(times, 500)]
    return [(product, moment.replace(microsecond=999_999).strftime(MOMENT)[:-1]) for product, moment in probes]


def final(events: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """A probe of each product once all of its windows' tiles have moved on by some."""
    end = datetime.fromisoformat(events[-1]["timestamp"])
    products = {row[0] for row in product_events(events)}
    return [
        (name, (end + timedelta(minutes=m)).strftime(MOMENT)[:-1]) for name in products for m in (0.1, 7, 200, 3000)
    ]


def test_features_as_of_any_second_and_of_every_row_equal_a_recount(tmp_path: Path) -> None:
    events = shop_events(seed=1, count=3000)
    rows = stream(tmp_path, events, "'1' SECOND")
    compare(rows, events, seconds(events))
    compare(rows, events, [(row["product_id"], row["ts"]) for row in rows])


def test_a_hot_product_has_two_rows_a_second_and_no_fewer_values(tmp_path: Path) -> None:
    events = shop_events(seed=3, count=4000, steps=[0.003])
    span = datetime.fromisoformat(events[-1]["timestamp"]) - START
    assert span < timedelta(seconds=10)
    rows = stream(tmp_path, events, "'1' SECOND")
    decays = {
        (START.replace(minute=0, second=0) + timedelta(minutes=5 * step)).strftime("%F %T") for step in range(400)
    }
    per_second = Counter((row["product_id"], row["ts"][:19]) for row in rows if row["ts"][:19] not in decays)
    assert max(per_second.values()) == 2
    assert len(per_second) > 40
    compare(rows, events, [(row["product_id"], row["ts"]) for row in rows])
    compare(rows, events, final(events))


@pytest.mark.parametrize("start", [START, datetime.now(UTC) - timedelta(minutes=9)], ids=["backlog", "live"])
def test_late_events_end_in_the_same_values(tmp_path: Path, start: datetime) -> None:
    steps = [0.01, 0.3] if start > START else []
    events = shop_events(seed=4, count=3000, start=start, steps=steps)
    rng = random.Random(5)
    # Live, all of it lies within the ten minutes in which a stream counts as live.
    late = 60 if steps else 590
    arrivals = sorted(
        events, key=lambda e: datetime.fromisoformat(e["timestamp"]) + timedelta(seconds=rng.uniform(0, late))
    )
    assert arrivals != events
    rows = stream(tmp_path, arrivals, "'1' SECOND")
    assert len({(row["product_id"], row["version"]) for row in rows}) > 0.8 * len(rows)
    compare(rows, events, final(events))


def test_every_order_of_a_backlog_gives_the_same_rows(tmp_path: Path) -> None:
    # Each in a partition of its own, so that none is late.
    events = [{**event, "partition": number} for number, event in enumerate(shop_events(seed=6, count=1200))]
    shuffled = random.Random(7).sample(events, len(events))
    # The watermark passes only at the end, so that all wait for it.
    in_order, any_order = (
        stream(tmp_path / name, arrivals, "'90' DAY") for name, arrivals in (("a", events), ("b", shuffled))
    )
    assert len(in_order) > 500
    assert sorted(map(json.dumps, in_order)) == sorted(map(json.dumps, any_order))
    compare(in_order, events, seconds(events))
    compare(in_order, events, [(row["product_id"], row["ts"]) for row in in_order])


def test_every_feature_of_the_schema_comes_out_of_the_function() -> None:
    assert feature_names(PRODUCT).split(", ") == NAMES
