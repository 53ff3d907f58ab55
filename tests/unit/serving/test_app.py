import json
import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from flink_jobs.features.schema import USER_FEATURES
from serving.schemas import (
    BatchScoreOut,
    FeaturesOut,
    ModelsOut,
    Problem,
    ReadyOut,
    ScoreOut,
    UserFeatures,
)
from serving.settings import ScorerSettings
from tests.unit.serving.conftest import (
    LOCAL_KEY,
    FakeProducer,
    FakeRegistry,
    FakeStore,
    World,
    make_app,
    wait_until,
)

EVENT_TIME = datetime(2026, 11, 1, 10, 0, 0, 123456, UTC)


@pytest.fixture
def serving(world: World) -> World:
    world.registry.promote("1", 0.25)
    wait_until(world.ready)
    world.store.rows["ann"] = (
        EVENT_TIME,
        {"purchases_24h": 5, "revenue_24h": 29.5, "last_seen": EVENT_TIME.replace(microsecond=0)},
    )
    return world


def assert_problem(answer, status: int, code: str) -> dict:
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    Problem.model_validate(body)
    assert (body["status"], body["type"]) == (status, f"urn:shopstream:problem:{code}")
    assert body["request_id"] == answer.headers["x-request-id"]
    return body


def test_a_known_user_is_scored_from_her_features(serving: World):
    before = datetime.now(UTC)
    answer = serving.client.post("/v1/score", json={"user_id": "ann"}, headers={"X-Request-ID": "call-7"})
    assert answer.status_code == 200
    body = answer.json()
    ScoreOut.model_validate(body)
    assert body["probability"] == pytest.approx(0.30)
    assert body["model"] == {"name": "purchase_24h", "version": "1", "alias": "champion"}
    assert body["feature_timestamp"] == "2026-11-01T10:00:00.123456Z"
    assert body["feature_age_seconds"] == pytest.approx((before - EVENT_TIME).total_seconds(), abs=5)
    assert body["cold_start"] is False
    assert set(body["features"]) == {feature.name for feature in USER_FEATURES}
    assert body["features"]["revenue_24h"] == 29.5
    assert body["features"]["last_seen"] == "2026-11-01T10:00:00Z"
    assert body["features"]["first_seen"] is None
    assert body["request_id"] == answer.headers["x-request-id"] == "call-7"
    timings = body["timings_ms"]
    assert timings["total"] >= timings["features"] + timings["predict"] - 0.002 > 0


def test_an_unknown_user_is_scored_from_defaults(serving: World):
    body = serving.client.post("/v1/score", json={"user_id": "nobody"}).json()
    ScoreOut.model_validate(body)
    assert body["probability"] == pytest.approx(0.25)
    assert body["cold_start"] is True
    assert body["feature_timestamp"] is body["feature_age_seconds"] is None
    assert body["features"]["purchases_24h"] == 0
    assert serving.metric("shopstream_cold_starts_total") == 1


def test_a_batch_is_one_read_in_the_order_of_the_request(serving: World):
    users = [f"u{number}" for number in range(998)] + ["ann", "ann"]
    reads = serving.store.reads
    answer = serving.client.post("/v1/score/batch", json={"user_ids": users})
    body = answer.json()
    BatchScoreOut.model_validate(body)
    assert [score["user_id"] for score in body["scores"]] == users
    assert [score["probability"] for score in body["scores"]] == pytest.approx([0.25] * 998 + [0.30] * 2)
    assert body["scores"][0]["features"] is None
    assert serving.store.reads == reads + 1


def test_a_batch_answers_features_when_asked(serving: World):
    body = {"user_ids": ["ann"], "include_features": True}
    answer = serving.client.post("/v1/score/batch", json=body)
    assert answer.json()["scores"][0]["features"]["revenue_24h"] == 29.5


def test_look_ups_of_one_and_of_many(serving: World):
    one = serving.client.get("/v1/features/ann").json()
    UserFeatures.model_validate(one)
    assert one["features"]["purchases_24h"] == 5
    assert one["feature_timestamps"] == dict.fromkeys(
        ("user_24h", "user_1h", "user_session"), "2026-11-01T10:00:00.123456Z"
    )
    many = serving.client.post("/v1/features", json={"user_ids": ["nobody", "ann"]}).json()
    FeaturesOut.model_validate(many)
    assert [user["cold_start"] for user in many["users"]] == [True, False]
    assert many["users"][0]["feature_timestamps"] == {}


@pytest.mark.parametrize(
    "path,body,pointer",
    [
        ("/v1/score", {}, "/body/user_id"),
        ("/v1/score", {"user_id": 3}, "/body/user_id"),
        ("/v1/score", {"user_id": ""}, "/body/user_id"),
        ("/v1/score", {"user_id": "x" * 257}, "/body/user_id"),
        ("/v1/score", {"user_id": "secret", "oops": 1}, "/body/oops"),
        ("/v1/score/batch", {"user_ids": []}, "/body/user_ids"),
        ("/v1/score/batch", {"user_ids": ["x"] * 1001}, "/body/user_ids"),
        ("/v1/features", {"user_ids": ["ok", None]}, "/body/user_ids/1"),
    ],
)
def test_a_bad_body_is_a_422_that_says_where(serving: World, path: str, body: dict, pointer: str):
    answer = serving.client.post(path, json=body)
    found = assert_problem(answer, 422, "invalid-request")
    assert found["errors"][0]["pointer"] == pointer
    assert "secret" not in answer.text


def test_a_body_that_is_not_json_is_a_422(serving: World):
    answer = serving.client.post("/v1/score", content=b"{", headers={"Content-Type": "application/json"})
    assert_problem(answer, 422, "invalid-request")


def test_unknown_model_path_and_method(serving: World):
    answer = serving.client.post("/v1/score", json={"user_id": "ann", "model": "other"})
    assert "purchase_24h" in assert_problem(answer, 404, "unknown-model")["detail"]
    assert_problem(serving.client.get("/v2"), 404, "not-found")
    answer = serving.client.put("/v1/score")
    assert_problem(answer, 405, "method-not-allowed")
    assert answer.headers["allow"] == "POST"


@pytest.mark.parametrize(
    "method,path",
    [
        ("POST", "/v1/score"),
        ("POST", "/v1/score/batch"),
        ("GET", "/v1/features/ann"),
        ("POST", "/v1/features"),
        ("GET", "/v1/models"),
        ("POST", "/v1/models/reload"),
    ],
)
def test_every_call_wants_a_key(serving: World, method: str, path: str):
    body = {"user_id": "ann"} if path == "/v1/score" else {"user_ids": ["ann"]}
    json_body = body if method == "POST" and "models" not in path else None
    for key in ("", "wrong"):
        answer = serving.client.request(method, path, json=json_body, headers={"X-API-Key": key})
        assert_problem(answer, 401, "unauthorized")
        assert answer.headers["www-authenticate"] == "Bearer"
    headers = {"X-API-Key": "", "Authorization": "Bearer local-development-key"}
    assert serving.client.request(method, path, json=json_body, headers=headers).status_code == 200


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/docs", "/openapi.json"])
def test_health_metrics_and_documentation_are_open(serving: World, path: str):
    assert serving.client.get(path, headers={"X-API-Key": ""}).status_code == 200


def test_without_a_champion_it_says_how_to_get_one(world: World):
    advice = "no champion for purchase_24h: run shopstream train purchase_24h"
    ready = world.client.get("/readyz")
    assert advice in assert_problem(ready, 503, "not-ready")["detail"]
    assert ready.headers["retry-after"] == "1"
    answer = world.client.post("/v1/score", json={"user_id": "ann"})
    assert advice in assert_problem(answer, 503, "model-unavailable")["detail"]
    assert world.client.get("/healthz").json() == {"status": "ok"}
    assert world.client.get("/v1/features/ann").status_code == 200


def test_a_store_that_fails_is_a_503_and_recovers(serving: World):
    serving.store.failure = ConnectionRefusedError("no")
    for answer in (
        serving.client.post("/v1/score", json={"user_id": "ann"}),
        serving.client.post("/v1/score/batch", json={"user_ids": ["x"] * 100}),
        serving.client.get("/v1/features/ann"),
    ):
        assert "127.0.0.1:1 is away" in assert_problem(answer, 503, "features-unavailable")["detail"]
    assert_problem(serving.client.get("/readyz"), 503, "not-ready")
    serving.store.failure = None
    assert serving.client.post("/v1/score", json={"user_id": "ann"}).status_code == 200
    assert serving.ready()


def test_a_store_that_hangs_is_a_503_in_time(serving: World):
    serving.store.delay_seconds = 30
    answer = serving.client.post("/v1/score", json={"user_id": "ann"})
    assert "no answer within 200 ms" in assert_problem(answer, 503, "features-unavailable")["detail"]
    assert answer.elapsed < timedelta(seconds=1)


def test_a_refused_version_is_told_and_the_old_one_goes_on(serving: World):
    serving.registry.promote("2", float("nan"))
    reloaded = serving.client.post("/v1/models/reload").json()
    ModelsOut.model_validate(reloaded)
    assert reloaded["models"][0]["serving"]["version"] == "1"
    assert reloaded["models"][0]["problem"] == "version 2 is refused: it is not a number"
    ready = serving.client.get("/readyz")
    ReadyOut.model_validate(ready.json())
    assert "version 2 is refused" in ready.json()["checks"]["model purchase_24h"]["detail"]
    assert serving.client.post("/v1/score", json={"user_id": "ann"}).json()["model"]["version"] == "1"


def test_each_score_is_logged_to_kafka(serving: World):
    serving.client.post("/v1/score", json={"user_id": "ann"}, headers={"X-Request-ID": "r-1"})
    wait_until(lambda: serving.producer.sent)
    topic, key, value = serving.producer.sent[0]
    record = json.loads(value)
    assert (topic, key) == ("scored_users", b"ann")
    assert record.pop("scored_at").endswith("Z")
    assert record.pop("features")["revenue_24h"] == 29.5
    assert record.pop("probability") == pytest.approx(0.30)
    assert record == {
        "request_id": "r-1",
        "user_id": "ann",
        "model": "purchase_24h",
        "model_version": "1",
        "feature_timestamp": "2026-11-01T10:00:00.123456Z",
        "cold_start": False,
    }
    wait_until(lambda: serving.metric("shopstream_scores_logged_total") == 1)


def test_an_unforeseen_error_is_a_500_without_its_cause(serving: World, caplog: pytest.LogCaptureFixture):
    serving.store.failure = KeyError("ann's secret")
    answer = serving.client.post("/v1/score", json={"user_id": "ann"})
    assert "secret" not in json.dumps(assert_problem(answer, 500, "internal-error"))
    assert any(record.exc_info for record in caplog.records)


def test_logs_and_metrics_hold_no_user_id(serving: World, caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.INFO, "shopstream.scorer"):
        serving.client.get("/v1/features/user-secret-9")
        serving.client.post("/v1/score", json={"user_id": "user-secret-9"})
    calls = [record for record in caplog.records if record.message == "call"]
    assert [call.route for call in calls] == ["/v1/features/{user_id}", "/v1/score"]
    # The test's own HTTP client logs, too, where an earlier test has turned that on.
    ours = [record for record in caplog.records if record.name.startswith("shopstream")]
    assert not any("secret-9" in str(vars(record)) for record in ours)
    metrics = serving.client.get("/metrics").text
    assert "secret-9" not in metrics
    assert 'route="/v1/features/{user_id}",status="200"' in metrics


def test_metrics_tell_version_scores_and_stages(serving: World):
    serving.client.post("/v1/score", json={"user_id": "ann"})
    assert serving.metric('shopstream_model_info{model="purchase_24h",version="1"}') == 1
    assert serving.metric('shopstream_score_probability_bucket{le="0.4",model="purchase_24h"}') == 1
    assert serving.metric('shopstream_score_probability_bucket{le="0.2",model="purchase_24h"}') == 0
    assert serving.metric('shopstream_stage_seconds_count{stage="features"}') == 1
    assert serving.metric('shopstream_requests_total{method="POST",route="/v1/score",status="200"}') == 1
    assert serving.metric("shopstream_feature_age_seconds_count") == 1


@pytest.mark.parametrize("given", ["bad id\t", "x" * 129, "ann@example.org"])
def test_an_odd_request_id_is_replaced(serving: World, given: str):
    answer = serving.client.get("/healthz", headers={"X-Request-ID": given})
    assert answer.headers["x-request-id"] != given
    assert len(answer.headers["x-request-id"]) == 32


def test_the_document_has_the_key_and_the_problems(serving: World):
    document = serving.client.get("/openapi.json").json()
    assert set(document["components"]["securitySchemes"]) == {"ApiKey", "Bearer"}
    score = document["paths"]["/v1/score"]["post"]
    assert {"ApiKey": []} in score["security"]
    for status in ("401", "404", "422", "503"):
        content = score["responses"][status]["content"]
        assert content == {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    references = set(json.dumps(document).split('"#/components/schemas/')[1:])
    assert {name.split('"')[0] for name in references} <= set(document["components"]["schemas"])
    assert "HTTPValidationError" not in json.dumps(document)


def test_it_closes_the_store_and_sends_the_last_scores_at_the_end(
    tmp_path: Path, store: FakeStore, registry: FakeRegistry
):
    registry.promote("1", 0.25)
    producer = FakeProducer()
    settings = ScorerSettings(state=tmp_path)
    with TestClient(make_app(settings, store, registry, producer), headers=LOCAL_KEY) as client:
        wait_until(lambda: client.get("/readyz").status_code == 200)
        for number in range(200):
            client.post("/v1/score", json={"user_id": f"u{number}"})
    assert [key.decode() for _, key, _ in producer.sent] == [f"u{number}" for number in range(200)]
    assert producer.closed
    assert store.closed
