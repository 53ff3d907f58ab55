"""The results of the demo against a recount, and what is made of them."""

import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import httpx
import pytest

from deploy.stack.settings import StackSettings
from ingestion.topic_reader import TopicReader
from tests.e2e.demo import notebook
from tests.e2e.demo.conftest import ROOT

pytestmark = pytest.mark.timeout(900)


def rows_of(settings: StackSettings, topic: str) -> list[dict[str, Any]]:
    return [json.loads(value) for value in TopicReader(settings.kafka_bootstrap).latest(topic).values()]


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=None)


def test_every_event_is_accounted_for(demo: tuple[StackSettings, dict[str, Any]]) -> None:
    summary = demo[1]
    assert summary["problems"] == []
    assert summary["counts"] == {
        "produced": 31_106,
        "read": 31_106,
        "in_lake": 31_106,
        "dead_lettered": 0,
        "late": 0,
        "duplicate": 0,
        "users_behind": 0,
    }
    assert (summary["users"], summary["users_without_features"]) == (600, 0)


def test_page_views_equal_a_recount(
    demo: tuple[StackSettings, dict[str, Any]], recount: duckdb.DuckDBPyConnection
) -> None:
    expected = {
        (start, page): (views, users) for start, page, views, users in recount.sql("FROM page_views").fetchall()
    }
    found = {
        (moment(row["window_start"]), row["page"]): (row["page_views"], row["unique_users"])
        for row in rows_of(demo[0], "page_views")
    }
    assert len(expected) > 10_000
    assert found == expected


def test_revenue_equals_a_recount(
    demo: tuple[StackSettings, dict[str, Any]], recount: duckdb.DuckDBPyConnection
) -> None:
    expected = {start: (float(total), count) for start, total, count in recount.sql("FROM revenue").fetchall()}
    found = {}
    for row in rows_of(demo[0], "revenue"):
        found[moment(row["window_start"])] = (row["total_revenue"], row["transaction_count"])
        assert row["currency"] == "USD"
        assert row["avg_order_value"] == pytest.approx(row["total_revenue"] / row["transaction_count"], abs=1e-6)
    assert len(expected) > 400
    assert found == expected


def test_features_as_of_random_moments_equal_a_recount(
    demo: tuple[StackSettings, dict[str, Any]], recount: duckdb.DuckDBPyConnection
) -> None:
    recount.execute("SELECT setseed(0.25)").fetchall()
    probes = recount.sql(
        "SELECT user_id, ts + to_microseconds((random() * 6e9)::BIGINT) AS event_timestamp FROM moved"
        " WHERE ts < (SELECT max(ts) FROM moved) - INTERVAL 3 HOUR ORDER BY random() LIMIT 2000"
    ).df()
    recount.register("asked", probes.reset_index())
    expected = recount.sql(
        """
        SELECT index, total_events_24h, purchases_24h, round(coalesce(revenue, 0), 2), pages, events_1h, first, latest
        FROM (
            SELECT a.index,
                count(*) FILTER (in_day) AS total_events_24h,
                count(*) FILTER (in_day AND event_type = 'purchase') AS purchases_24h,
                sum(amount) FILTER (in_day AND event_type = 'purchase') AS revenue,
                count(DISTINCT event) FILTER (in_day AND event_type = 'page_view') AS pages,
                count(*) FILTER (ts >= time_bucket(INTERVAL 5 MINUTE, a.at) - INTERVAL 55 MINUTE) AS events_1h,
                date_trunc('second', min(ts)) AS first, date_trunc('second', max(ts)) AS latest
            FROM (SELECT index, user_id, event_timestamp AS at FROM asked) a
            JOIN (SELECT * FROM moved) e ON e.user_id = a.user_id AND e.ts <= a.at,
            LATERAL (SELECT e.ts >= date_trunc('hour', a.at) - INTERVAL 23 HOUR AS in_day)
            GROUP BY a.index
        ) ORDER BY index
        """
    ).fetchall()
    from feature_repo.settings import FeatureStoreSettings
    from feature_repo.store import open_store

    settings = FeatureStoreSettings(state=demo[0].home, redis=demo[0].redis)
    store = open_store(settings)
    probes["event_timestamp"] = probes["event_timestamp"].dt.tz_localize("UTC")
    names = ["total_events_24h", "purchases_24h", "revenue_24h", "unique_pages_24h", "events_1h"]
    answer = store.get_historical_features(entity_df=probes, features=store.get_feature_service("purchase_24h")).to_df()
    found = [
        (
            number,
            *(row[name] for name in names),
            row["first_seen"].tz_localize(None).to_pydatetime(),
            row["last_seen"].tz_localize(None).to_pydatetime(),
        )
        for number, row in enumerate(answer.to_dict("records"))
    ]
    assert found == expected


def test_the_scorer_answers_with_the_features_of_the_stream(
    demo: tuple[StackSettings, dict[str, Any]], recount: duckdb.DuckDBPyConnection
) -> None:
    settings = demo[0]
    ((user, first),) = recount.sql(
        "SELECT user_id, min(ts) FROM moved GROUP BY ALL ORDER BY max(ts) DESC LIMIT 1"
    ).fetchall()
    answer = httpx.post(
        f"http://{settings.scorer}/v1/score",
        json={"user_id": user},
        headers={"X-API-Key": "local-development-key"},
        timeout=10,
    )
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert 0 < body["probability"] < 1
    assert body["cold_start"] is False
    assert abs(datetime.fromisoformat(body["features"]["first_seen"]) - first.replace(tzinfo=UTC)) < timedelta(
        seconds=1
    )
    assert body["model"]["name"] == "purchase_24h"


def test_what_is_served_is_what_the_events_give(
    demo: tuple[StackSettings, dict[str, Any]], recount: duckdb.DuckDBPyConnection
) -> None:
    settings = demo[0]
    users = [user for (user,) in recount.sql("SELECT DISTINCT user_id FROM moved ORDER BY ALL").fetchall()]
    answer = httpx.post(
        f"http://{settings.scorer}/v1/score/batch",
        json={"user_ids": [*users, "nobody"]},
        headers={"X-API-Key": "local-development-key"},
        timeout=30,
    )
    assert answer.status_code == 200, answer.text

    def shopstream(*arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "deploy.cli", *arguments],
            env={**os.environ, **settings.environment()},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )

    deadline = time.monotonic() + 60
    while True:
        done = shopstream("consistency", "--json")
        # The log of scores is written behind the answers.
        if done.returncode == 0 and (report := json.loads(done.stdout))["compared"] > len(users):
            break
        assert time.monotonic() < deadline, done.stdout + done.stderr
    assert (report["mismatch_rate"], report["missing_rate"]) == (0, 0)
    assert min(one["compared"] for one in report["features"]) >= len(users)

    done = shopstream("drift", "purchase_24h", "--json", "--plot", str(settings.home / "drift.png"))
    assert done.returncode == 0, done.stderr
    drift = json.loads(done.stdout)
    assert drift["served"] > len(users)
    assert len(drift["columns"]) == 1 + len(report["features"])
    for column in drift["columns"]:
        assert sum(column["found"]) == pytest.approx(1)
    assert (settings.home / "drift.png").stat().st_size > 10_000


def test_the_notebook_of_features_shows_them(
    demo: tuple[StackSettings, dict[str, Any]], recount: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = notebook.run("features.ipynb", demo[0].environment(), monkeypatch)
    if shown[4] == "False":  # between a feature's decay and the next checkpoint
        shown = notebook.run("features.ipynb", demo[0].environment(), monkeypatch)
    _, users, now, then, same, changes, picture, training = shown
    ((busiest, count),) = recount.sql(
        "SELECT user_id, count(*) FROM moved GROUP BY ALL ORDER BY count(*) DESC, user_id LIMIT 1"
    ).fetchall()
    assert {busiest, str(count)} <= set(users.split())
    assert {"nobody", "<NA>"} <= set(now.split())
    assert busiest in then
    assert same == "True"
    assert "total_events_24h" in changes
    assert "image" in picture
    assert training.count(busiest) == 8
