"""The challenger scores in the shadow: logged, never answered."""

import json
from datetime import UTC, datetime

import pytest

from tests.unit.serving.conftest import World, wait_until

SEEN = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def serving(world: World) -> World:
    world.registry.promote("1", 0.25)
    wait_until(world.ready)
    world.store.rows["ann"] = (SEEN, {"purchases_24h": 5})
    return world


def logged(world: World) -> dict[str, object]:
    """Score once; what is logged of it."""
    before = len(world.producer.sent)
    answer = world.client.post("/v1/score", json={"user_id": "ann"})
    assert answer.status_code == 200
    assert "challenger" not in answer.text
    wait_until(lambda: len(world.producer.sent) > before)
    found: dict[str, object] = json.loads(world.producer.sent[before][2])
    assert (found["probability"], found["model_version"]) == (answer.json()["probability"], "1")
    return found


def wait_for_version(world: World, version: object) -> dict[str, object]:
    found: list[dict[str, object]] = []
    wait_until(lambda: found.append(logged(world)) or found[-1].get("challenger_version") == version)
    return found[-1]


def test_without_a_challenger_nothing_is_said_of_one(serving: World) -> None:
    assert "challenger_probability" not in logged(serving)


def test_the_challenger_is_logged_and_goes_with_its_alias(serving: World) -> None:
    serving.registry.challenge("2", 0.4)
    found = wait_for_version(serving, "2")
    assert (found["probability"], found["challenger_probability"]) == (pytest.approx(0.3), pytest.approx(0.45))
    line = 'shopstream_shadow_difference_count{model="purchase_24h",version="2"}'
    assert serving.metric(line) >= 1
    serving.registry.challenge("3", 0.5)
    assert wait_for_version(serving, "3")["challenger_probability"] == pytest.approx(0.55)
    serving.registry.challenger = None
    wait_for_version(serving, None)


def test_a_challenger_that_is_refused_or_fails_disturbs_nobody(serving: World) -> None:
    serving.registry.challenge("2", float("nan"))
    for _ in range(3):
        assert "challenger_version" not in logged(serving)
    serving.registry.challenge("3", 0.4)
    wait_for_version(serving, "3")
    serving.registry.away = True
    assert logged(serving)["challenger_version"] == "3"
