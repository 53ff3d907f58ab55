"""Rates of a key, calls at once, bytes of a body."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from serving.settings import ScorerSettings
from tests.unit.serving.conftest import LOCAL_KEY, FakeProducer, FakeRegistry, FakeStore, World, make_app, wait_until
from tests.unit.serving.test_app import assert_problem


@pytest.fixture
def narrow(tmp_path: Path) -> Iterator[tuple[TestClient, FakeStore]]:
    """One call at once, three in a row, a thousand bytes; two keys."""
    registry, store = FakeRegistry(), FakeStore()
    registry.promote("1", 0.25)
    settings = ScorerSettings(
        state=tmp_path,
        model_poll_seconds=0.05,
        api_keys=SecretStr("one,two"),
        api_rate=0.001,
        api_burst=3,
        calls_at_once=1,
        redis_timeout_ms=10_000,
        body_bytes=1_000,
    )
    with TestClient(make_app(settings, store, registry, FakeProducer())) as client:
        wait_until(lambda: client.get("/readyz").status_code == 200)
        yield client, store


def score(client: TestClient, key: str = "one", user: str = "ann"):
    return client.post("/v1/score", json={"user_id": user}, headers={"X-API-Key": key})


def test_a_key_has_a_rate_of_its_own(narrow: tuple[TestClient, FakeStore]) -> None:
    client, _ = narrow
    assert [score(client).status_code for _ in range(3)] == [200] * 3
    answer = score(client)
    assert_problem(answer, 429, "rate-limited")
    assert int(answer.headers["retry-after"]) > 100
    assert score(client, "two").status_code == 200
    # Who has no key takes nothing from one who has.
    assert_problem(score(client, "three"), 401, "unauthorized")


def test_more_calls_than_may_be_under_way_are_refused_at_once(narrow: tuple[TestClient, FakeStore]) -> None:
    client, store = narrow
    store.delay_seconds = 1.5
    first: list[int] = []
    thread = threading.Thread(target=lambda: first.append(score(client).status_code))
    thread.start()
    wait_until(lambda: store.under_way == 1)
    assert_problem(score(client, "two"), 503, "busy")
    assert client.get("/healthz").status_code == 200
    thread.join(5)
    assert first == [200]
    store.delay_seconds = 0
    assert score(client, "one").status_code == 200


def test_a_body_that_is_too_long_is_refused(narrow: tuple[TestClient, FakeStore]) -> None:
    client, _ = narrow
    assert_problem(score(client, user="x" * 2_000), 413, "too-large")

    def parts() -> Iterator[bytes]:
        for _ in range(20):
            yield b"x" * 100

    chunked = client.post("/v1/score", content=parts(), headers={"X-API-Key": "one"})
    assert_problem(chunked, 413, "too-large")
    assert score(client, "two").status_code == 200


def test_features_older_than_the_limit_are_refused(tmp_path: Path) -> None:
    registry, store = FakeRegistry(), FakeStore()
    registry.promote("1", 0.25)
    now = datetime.now(UTC)
    store.rows |= {"old": (now - timedelta(seconds=90), {}), "new": (now, {"purchases_24h": 1})}
    settings = ScorerSettings(state=tmp_path, model_poll_seconds=0.05, feature_age_limit_seconds=60)
    with TestClient(make_app(settings, store, registry, FakeProducer()), headers=LOCAL_KEY) as client:
        wait_until(lambda: client.get("/readyz").status_code == 200)
        body = assert_problem(client.post("/v1/score", json={"user_id": "old"}), 503, "features-stale")
        assert "90 s old" in body["detail"] or "91 s old" in body["detail"]
        assert client.post("/v1/score", json={"user_id": "new"}).status_code == 200
        assert client.post("/v1/score", json={"user_id": "nobody"}).json()["cold_start"] is True


def test_every_answer_has_headers_that_keep_browsers_from_harm(world: World) -> None:
    for path in ("/healthz", "/v1/models", "/nowhere"):
        headers = world.client.get(path, headers=LOCAL_KEY).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "no-referrer"
