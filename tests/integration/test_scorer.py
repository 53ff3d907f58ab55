"""The scorer as a program, with real Valkey, MLflow and Kafka, asked over HTTP."""

import json
import math
import os
import signal
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import numpy as np
import pandas as pd
import pytest
from kafka import KafkaConsumer, TopicPartition
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from deploy.stack.settings import StackSettings
from deploy.stack.stack import Stack
from feature_repo.settings import FeatureStoreSettings
from flink_jobs.features.schema import USER_FEATURE_GROUPS
from ingestion import topic_admin
from ingestion.topics import SCORED_USERS

MODEL = "purchase_24h"
KEY = {"X-API-Key": "local-development-key"}
NO_CHAMPION = "no champion for purchase_24h: run shopstream train purchase_24h"
# The columns of the model, written down here so that a change of order in the product shows.
COLUMNS = [
    "total_events_24h",
    "sessions_24h",
    "unique_pages_24h",
    "purchases_24h",
    "cart_additions_24h",
    "revenue_24h",
    "avg_order_value_24h",
    "conversion_rate_24h",
    "tenure_hours",
    "recency_hours",
    "events_1h",
    "product_views_1h",
    "cart_additions_1h",
    "purchases_1h",
    "session_events",
    "session_seconds",
    "session_cart_value",
]
USERS = 50


class Scene(NamedTuple):
    """The running parts; ``answers_without_model`` were given before any model was registered."""

    stack: Stack
    settings: StackSettings
    client: httpx.Client
    models: dict[str, Pipeline]
    event_time: datetime
    answers_without_model: dict[str, httpx.Response]


def features_of(number: int, event_time: datetime) -> dict[str, Any]:
    """A user's features, each different and different for each user."""
    return {
        "total_events_24h": 10 + number,
        "sessions_24h": 1 + number % 4,
        "unique_pages_24h": 2 + number % 7,
        "purchases_24h": number % 3,
        "cart_additions_24h": number % 5,
        "revenue_24h": 19.99 * (number % 3),
        "avg_order_value_24h": 19.99 if number % 3 else 0.0,
        "conversion_rate_24h": 100.0 * (number % 3) / (1 + number % 4),
        "first_seen": (event_time - timedelta(hours=30 + number)).replace(microsecond=0),
        "last_seen": (event_time - timedelta(minutes=number)).replace(microsecond=0),
        "events_1h": 3 + number % 6,
        "product_views_1h": number % 6,
        "cart_additions_1h": number % 2,
        "purchases_1h": number % 2,
        "session_events": 1 + number % 9,
        "session_seconds": 12.5 * number,
        "session_cart_value": 7.25 * (number % 4),
    }


def expected(model: Pipeline, features: Mapping[str, Any] | None, at: datetime) -> float:
    """The probability by scikit-learn on a data frame; None stands for an unknown user."""
    values: dict[str, float] = dict.fromkeys(COLUMNS, 0.0)
    if features is not None:
        values |= {name: float(features[name]) for name in COLUMNS if name in features}
        values["tenure_hours"] = (at - features["first_seen"]).total_seconds() / 3600
        values["recency_hours"] = (at - features["last_seen"]).total_seconds() / 3600
    return float(model.predict_proba(pd.DataFrame([values], columns=COLUMNS))[0, 1])


def fitted(seed: int, columns: list[str]) -> tuple[Pipeline, pd.DataFrame]:
    random = np.random.default_rng(seed)
    inputs = pd.DataFrame(random.gamma(2.0, 10.0, (400, len(columns))), columns=columns)
    weights = random.normal(size=len(columns))
    labels = (inputs @ weights + random.normal(scale=50, size=400)) > (inputs @ weights).median()
    pipeline = Pipeline([("scale", StandardScaler()), ("model", LogisticRegression(C=0.05))])
    return pipeline.fit(inputs, labels), inputs.head(3)


def register(settings: StackSettings, seed: int, columns: list[str] | None = None) -> tuple[str, Pipeline]:
    """Log a model, register it and make it champion; returns its version."""
    import mlflow
    import mlflow.sklearn

    mlflow.set_tracking_uri(settings.mlflow)
    pipeline, example = fitted(seed, columns or COLUMNS)
    with mlflow.start_run():
        info = mlflow.sklearn.log_model(pipeline, name="model", input_example=example, registered_model_name=MODEL)
    version = str(info.registered_model_version)
    mlflow.MlflowClient(settings.mlflow).set_registered_model_alias(MODEL, "champion", version)
    return version, pipeline


def wait_until(condition: Callable[[], Any], seconds: float = 90) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"did not come true within {seconds} s"
        time.sleep(0.05)
    return found


def score(client: httpx.Client, user_id: str) -> httpx.Response:
    return client.post("/v1/score", json={"user_id": user_id})


def write_features(settings: StackSettings, event_time: datetime) -> None:
    from feature_repo.store import open_store

    store = open_store(FeatureStoreSettings(state=settings.home, redis=settings.redis))
    rows = [
        {"user_id": f"user_{number}", "event_timestamp": event_time, **features_of(number, event_time)}
        for number in range(USERS)
    ]
    frame = pd.DataFrame(rows)
    frame["created_timestamp"] = event_time
    for group in USER_FEATURE_GROUPS:
        names = [feature.name for feature in group.features]
        columns = ["user_id", "event_timestamp", "created_timestamp", *names]
        store.write_to_online_store(group.name, df=frame[columns])


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory, kafka_bootstrap: str) -> Iterator[Scene]:
    topic_admin.apply(kafka_bootstrap)
    # Parts of its own: some tests kill them, and no other test's champion may get in between.
    settings = StackSettings.on_free_ports(tmp_path_factory.mktemp("scorer"), kafka_bootstrap=kafka_bootstrap)
    stack = Stack(settings, ["valkey", "mlflow", "scorer"])
    event_time = datetime.now(UTC) - timedelta(minutes=3)
    Stack(settings, ["valkey"]).up()
    try:
        write_features(settings, event_time)
        stack.up()
        with httpx.Client(base_url=f"http://{settings.scorer}", headers=KEY, timeout=30) as client:
            wait_until(lambda: "still" not in client.get("/readyz").text)
            before = {"ready": client.get("/readyz"), "score": score(client, "user_1")}
            before["features"] = client.get("/v1/features/user_1")
            version, model = register(settings, seed=1)
            wait_until(lambda: client.get("/readyz").status_code == 200)
            yield Scene(stack, settings, client, {version: model}, event_time, before)
    finally:
        stack.down()


def test_before_a_model_is_registered_it_says_how_to_get_one(scene: Scene):
    before = scene.answers_without_model
    assert before["ready"].status_code == before["score"].status_code == 503
    assert before["score"].headers["content-type"] == "application/problem+json"
    assert before["ready"].json()["detail"] == NO_CHAMPION
    assert NO_CHAMPION in before["score"].json()["detail"]
    assert before["features"].status_code == 200


def test_a_score_is_the_models_own_for_the_features_in_the_store(scene: Scene):
    for number in (0, 7, 49):
        body = score(scene.client, f"user_{number}").json()
        features = features_of(number, scene.event_time)
        assert body["cold_start"] is False
        assert datetime.fromisoformat(body["feature_timestamp"]) == scene.event_time
        for name, value in features.items():
            found = body["features"][name]
            if isinstance(value, datetime):
                found = datetime.fromisoformat(found)
            assert found == value
        scored_at = scene.event_time + timedelta(seconds=body["feature_age_seconds"])
        model = scene.models[body["model"]["version"]]
        assert body["probability"] == pytest.approx(expected(model, features, scored_at), abs=1e-9)


def test_an_unknown_user_is_a_cold_start(scene: Scene):
    body = score(scene.client, "nobody-knows").json()
    assert body["cold_start"] is True
    assert body["feature_timestamp"] is None
    model = scene.models[body["model"]["version"]]
    assert body["probability"] == pytest.approx(expected(model, None, datetime.now(UTC)), abs=1e-9)


def test_a_batch_of_1000_agrees_with_single_scores(scene: Scene):
    users = [f"user_{number}" for number in range(1000)]
    body = scene.client.post("/v1/score/batch", json={"user_ids": users, "include_features": True}).json()
    assert [found["user_id"] for found in body["scores"]] == users
    assert [found["cold_start"] for found in body["scores"]] == [number >= USERS for number in range(1000)]
    model = scene.models[body["model"]["version"]]
    for number in (0, 23, 49, 50, 999):
        found = body["scores"][number]
        known = features_of(number, scene.event_time) if number < USERS else None
        scored_at = scene.event_time + timedelta(seconds=found["feature_age_seconds"] or 0)
        assert found["probability"] == pytest.approx(expected(model, known, scored_at), abs=1e-9)
    too_many = scene.client.post("/v1/score/batch", json={"user_ids": [*users, "one_more"]})
    assert too_many.status_code == 422


def test_a_look_up_of_many(scene: Scene):
    body = scene.client.post("/v1/features", json={"user_ids": ["user_3", "nobody"]}).json()
    known, unknown = body["users"]
    assert known["features"]["revenue_24h"] == features_of(3, scene.event_time)["revenue_24h"]
    assert set(known["feature_timestamps"]) == {"user_24h", "user_1h", "user_session"}
    assert unknown["cold_start"] is True


def test_wrong_key_and_bad_body(scene: Scene):
    refused = scene.client.post("/v1/score", json={"user_id": "user_1"}, headers={"X-API-Key": "wrong"})
    assert refused.status_code == 401
    bad = scene.client.post("/v1/score", json={"user": "user_1"})
    assert bad.status_code == 422
    for answer in (refused, bad):
        assert answer.headers["content-type"] == "application/problem+json"


def test_scores_are_logged_to_kafka_with_what_was_served(scene: Scene):
    headers = {"X-Request-ID": "log-me"}
    body = scene.client.post("/v1/score", json={"user_id": "user_11"}, headers=headers).json()
    records = topic_records(scene.settings.kafka_bootstrap)
    record = wait_until(lambda: next((r for r in records() if r["request_id"] == "log-me"), None))
    assert record["user_id"] == "user_11"
    assert record["probability"] == body["probability"]
    assert record["features"] == body["features"]
    assert record["feature_timestamp"] == body["feature_timestamp"]
    model = scene.models[record["model_version"]]
    scored_at = datetime.fromisoformat(record["scored_at"])
    features = features_of(11, scene.event_time)
    assert record["probability"] == pytest.approx(expected(model, features, scored_at), abs=1e-12)
    metrics = scene.client.get("/metrics").text
    assert 'shopstream_scores_not_logged_total{reason="queue_full"} 0.0' in metrics
    assert 'shopstream_scores_not_logged_total{reason="not_delivered"} 0.0' in metrics


def topic_records(bootstrap: str) -> Callable[[], list[dict[str, Any]]]:
    """Return a call that reads ``scored_users`` to its end and returns all so far."""
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    consumer.assign([TopicPartition(SCORED_USERS.name, number) for number in range(SCORED_USERS.partitions)])
    found: list[dict[str, Any]] = []

    def read() -> list[dict[str, Any]]:
        for records in consumer.poll(timeout_ms=500).values():
            found.extend(json.loads(record.value) for record in records)
        return found

    return read


def test_valkey_killed_is_a_503_in_time_and_recovers(scene: Scene):
    assert score(scene.client, "user_5").status_code == 200
    os.kill(pid_of(scene, "valkey"), signal.SIGKILL)
    wait_until(lambda: score(scene.client, "user_5").status_code == 503)
    assert_away_in_time(scene, "does not accept connections")
    assert scene.client.get("/readyz").status_code == 503
    assert scene.client.get("/healthz").status_code == 200
    Stack(scene.settings, ["valkey"]).up()
    recovered = score(scene.client, "user_5")
    assert (recovered.status_code, recovered.json()["cold_start"]) == (200, False)
    assert scene.client.get("/readyz").status_code == 200


def test_valkey_hanging_is_a_503_in_time_and_mixes_up_no_users(scene: Scene):
    pid = pid_of(scene, "valkey")
    os.kill(pid, signal.SIGSTOP)
    try:
        assert_away_in_time(scene, "no answer within 200 ms")
        batch = scene.client.post("/v1/score/batch", json={"user_ids": [f"u{n}" for n in range(100)]})
        assert batch.status_code == 503
        assert "no answer within 200 ms" in batch.json()["detail"]
        with ThreadPoolExecutor(8) as threads:
            answers = list(threads.map(lambda n: score(scene.client, f"user_{n}"), range(16)))
        assert {answer.status_code for answer in answers} == {503}
    finally:
        os.kill(pid, signal.SIGCONT)
    wait_until(lambda: score(scene.client, "user_0").status_code == 200)
    for number in range(USERS):
        features = score(scene.client, f"user_{number}").json()["features"]
        assert features["total_events_24h"] == 10 + number
        assert features["session_seconds"] == 12.5 * number


def assert_away_in_time(scene: Scene, reason: str) -> None:
    took = []
    for _ in range(7):
        start = time.perf_counter()
        answer = score(scene.client, "user_5")
        took.append(time.perf_counter() - start)
        assert answer.status_code == 503
        assert reason in answer.json()["detail"]
    # The median, for the machine that runs the tests may be busy with others.
    assert statistics.median(took) < 0.25


def pid_of(scene: Scene, part: str) -> int:
    pid = next(status.pid for status in scene.stack.status() if status.name == part)
    assert pid is not None
    return pid


def test_a_new_champion_takes_over_while_calls_run_and_none_fails(scene: Scene):
    answers: list[httpx.Response] = []
    stop = threading.Event()

    def call() -> None:
        with httpx.Client(base_url=scene.client.base_url, headers=KEY, timeout=30) as client:
            while not stop.is_set():
                answers.append(score(client, "user_8"))

    with ThreadPoolExecutor(3) as threads:
        running = [threads.submit(call) for _ in range(3)]
        try:
            version, model = register(scene.settings, seed=2)
            scene.models[version] = model
            promoted = time.monotonic()
            wait_until(lambda: answers[-1].json()["model"]["version"] == version)
            assert time.monotonic() - promoted < 30
        finally:
            stop.set()
        for one in running:
            one.result()
    assert {answer.status_code for answer in answers} == {200}
    versions = set()
    for answer in answers:
        body = answer.json()
        versions.add(body["model"]["version"])
        features = features_of(8, scene.event_time)
        scored_at = scene.event_time + timedelta(seconds=body["feature_age_seconds"])
        found = expected_fast(scene.models[body["model"]["version"]], features, scored_at)
        assert body["probability"] == pytest.approx(found, abs=1e-9)
    assert len(versions) == 2


def expected_fast(model: Pipeline, features: Mapping[str, Any], at: datetime) -> float:
    """The logistic formula by hand: thousands of data frames would take longer than the test."""
    total = float(model["model"].intercept_[0])
    for index, name in enumerate(COLUMNS):
        if name == "tenure_hours":
            value = (at - features["first_seen"]).total_seconds() / 3600
        elif name == "recency_hours":
            value = (at - features["last_seen"]).total_seconds() / 3600
        else:
            value = float(features[name])
        scaled = (value - model["scale"].mean_[index]) / model["scale"].scale_[index]
        total += scaled * model["model"].coef_[0][index]
    return 1 / (1 + math.exp(-total))


def test_a_model_of_other_columns_is_refused_and_the_old_one_goes_on(scene: Scene):
    before = score(scene.client, "user_1").json()["model"]["version"]
    version, _ = register(scene.settings, seed=3, columns=COLUMNS[::-1])
    models = scene.client.post("/v1/models/reload").json()["models"]
    assert models[0]["serving"]["version"] == before
    assert f"version {version} is refused: it wants the columns session_cart_value" in models[0]["problem"]
    ready = scene.client.get("/readyz")
    assert ready.status_code == 200
    assert f"version {version} is refused" in ready.text
    assert score(scene.client, "user_1").json()["model"]["version"] == before


def test_it_starts_without_mlflow_from_the_last_good_model(scene: Scene, tmp_path: Path):
    before = score(scene.client, "user_1").json()
    # A second scorer on the same state folder, whose MLflow is where nothing listens.
    elsewhere = StackSettings.on_free_ports(
        tmp_path,
        redis=scene.settings.redis,
        kafka_bootstrap=scene.settings.kafka_bootstrap,
    )
    models = scene.settings.home / "models"
    (elsewhere.home / "models").symlink_to(models)
    alone = Stack(elsewhere, ["scorer"])
    alone.up()
    try:
        with httpx.Client(base_url=f"http://{elsewhere.scorer}", headers=KEY, timeout=30) as client:
            ready = wait_until(lambda: (a := client.get("/readyz")).status_code == 200 and a)
            assert "MLflow" in ready.json()["checks"][f"model {MODEL}"]["detail"]
            body = score(client, "user_1").json()
    finally:
        alone.down()
    assert body["model"]["version"] == before["model"]["version"]
    assert body["probability"] == pytest.approx(before["probability"], abs=1e-3)


def test_it_stops_at_once_and_logs_no_user(scene: Scene):
    Stack(scene.settings, ["scorer"]).down()
    log = (scene.settings.logs / "scorer.log").read_text()
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    assert any(line["message"] == "call" and line["route"] == "/v1/score" for line in lines)
    assert "user_" not in log.replace("user_id", "").replace("user_24h", "")
    assert not [line for line in lines if line["level"] == "error"]
