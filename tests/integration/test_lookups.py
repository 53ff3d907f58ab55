"""A day is played in steps; what the online store had after each is what the log has as of that moment."""

import json
import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from kafka import KafkaProducer

from deploy.stack.settings import StackSettings
from deploy.stack.stack import Stack
from feature_repo import as_of, history, online
from feature_repo.settings import FeatureStoreSettings
from feature_repo.store import open_store
from flink_jobs.cluster import Cluster
from flink_jobs.results import Selection
from ingestion import topic_admin
from tests.job_settings import job_settings
from tests.jobs.test_user_features import shop_events

pytestmark = pytest.mark.timeout(400)

STEPS, USERS = 26, 50
# Event time goes on with the clock when all is silent: what decays so soon after a step is no part of it.
SLACK = timedelta(seconds=15)
SETTINGS: dict[str, Any] = {"checkpoint_seconds": 3, "silence_seconds": 1, "consumer_group": "look-ups"}


def day() -> list[dict[str, Any]]:
    """The last day of the events of USERS users, each ending within the last hours, in order of time."""
    events = shop_events(seed=41, users=USERS, count=60 * USERS)
    now, rng = datetime.now(UTC), random.Random(43)
    ends = {event["user_id"]: datetime.fromisoformat(event["timestamp"]) for event in events}
    shifts = {user: now - timedelta(hours=rng.uniform(0, 3)) - end for user, end in ends.items()}
    for event in events:
        event["moment"] = datetime.fromisoformat(event["timestamp"]) + shifts[event["user_id"]]
    events = [event for event in events if event["moment"] > now - timedelta(days=1)]
    return sorted(events, key=lambda event: event["moment"])


def record(event: dict[str, Any]) -> bytes:
    properties = {
        name.removeprefix("properties."): value for name, value in event.items() if name.startswith("properties.")
    }
    names = ("event_id", "event_type", "user_id", "session_id")
    body = {name: event[name] for name in names} | {"properties": properties}
    return json.dumps(body | {"timestamp": event["moment"].isoformat()}).encode()


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[StackSettings]:
    """Services of its own: in a topic that holds newer events, those of yesterday would be late."""
    settings = StackSettings.on_free_ports(tmp_path / "state")
    stack = Stack(settings, ["kafka", "valkey", "flink"])
    stack.up()
    try:
        topic_admin.apply(settings.kafka_bootstrap)
        Cluster(settings.flink_rest).submit(job_settings(settings, **SETTINGS), Selection.of(["user_features"]))
        yield settings
    finally:
        stack.down()


def test_past_values_are_what_the_store_had_then(stack: StackSettings) -> None:
    store = open_store(FeatureStoreSettings(state=stack.home, redis=stack.redis, redis_timeout_ms=5000))
    events = day()
    rng = random.Random(42)
    last_seen: dict[str, datetime] = {}
    seen: list[pd.DataFrame] = []
    with KafkaProducer(bootstrap_servers=stack.kafka_bootstrap, acks="all") as producer:
        for step in range(STEPS):
            part = events[step * len(events) // STEPS : (step + 1) * len(events) // STEPS]
            for event in part:
                # One partition: in several, the first to be read would make the hours in the others late.
                producer.send("web_events", record(event), key=event["user_id"].encode(), partition=0)
                last_seen[event["user_id"]] = event["moment"]
            producer.flush(30)
            users = sorted(last_seen)
            wanted = [pd.Timestamp(last_seen[user]).floor("s") for user in users]
            deadline = time.monotonic() + 60
            while (stored := online(users, store=store)["last_seen"].tolist()) != wanted:
                behind = [user for user, have, want in zip(users, stored, wanted, strict=True) if have != want]
                assert time.monotonic() < deadline, f"step {step}: the store lacks the latest events of {behind}"
                time.sleep(0.1)
            chosen = rng.sample(users, len(users))
            now = online(chosen, store=store).reset_index()
            seen.append(now.assign(event_timestamp=part[-1]["moment"]))
    cluster = Cluster(stack.flink_rest)
    (running,) = cluster.live_jobs()
    cluster.stop(running, stack.home)

    served = pd.concat(seen, ignore_index=True)
    users, moments = served["user_id"].tolist(), served["event_timestamp"].tolist()
    then = as_of(users, moments, store=store)
    soon = as_of(users, [moment + SLACK for moment in moments], store=store)
    names = [name for name in then.columns if name not in ("user_id", "event_timestamp")]
    steady = (then[names] == soon[names]).all(axis=1)
    pairs = int(steady.sum())
    assert pairs >= 0.9 * len(served)
    assert pairs >= 1000
    different = (then[names] != served[names]) & steady.to_numpy()[:, None]
    assert not different.to_numpy().any(), served[different.any(axis=1)].head().to_dict("records")

    user = users[-1]
    changes = history(user, store=store)
    assert changes.index.is_monotonic_increasing
    assert changes.iloc[-1]["last_seen"] == then[then["user_id"] == user].iloc[-1]["last_seen"]
    assert len(changes) >= sum(event["user_id"] == user for event in events)
