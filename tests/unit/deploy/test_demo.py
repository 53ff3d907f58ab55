"""The demo deletes its own data, and nobody else's; and says what does not add up."""

from dataclasses import replace
from pathlib import Path

import pytest

from deploy.demo.demo import Demo, claim
from deploy.demo.summary import Counts, Summary
from deploy.stack.settings import StackSettings
from deploy.stack.stack import Stack
from deploy.stack.status import State
from ingestion.errors import ShopstreamError

COUNTS = Counts(produced=5, read=5, in_lake=4, dead_lettered=1, late=0, duplicate=0, users_behind=0)
SUMMARY = Summary(
    counts=COUNTS,
    shift_us=0,
    results={"revenue": 1},
    users=2,
    users_without_features=0,
    features={},
    model={},
    score={},
    addresses={},
)


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    return Stack(StackSettings.on_free_ports(tmp_path / "state"))


def test_an_earlier_demo_s_data_is_deleted(stack: Stack) -> None:
    claim(stack)
    data = stack.settings.home / "lake" / "events"
    data.mkdir(parents=True)
    kept = stack.settings.home / "datasets"
    kept.mkdir()
    claim(stack)
    assert not data.exists()
    assert kept.exists()


def test_other_data_is_left_alone(stack: Stack) -> None:
    data = stack.settings.home / "kafka"
    data.mkdir(parents=True)
    with pytest.raises(ShopstreamError, match="holds data that is not a demo's"):
        claim(stack)
    assert data.exists()


def test_data_that_came_after_a_purge_is_nobody_s_demo(stack: Stack) -> None:
    claim(stack)
    stack.down(purge=True)
    (stack.settings.home / "lake").mkdir()
    with pytest.raises(ShopstreamError, match="holds data"):
        claim(stack)


def test_a_stack_that_runs_is_refused_and_left_running(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    claim(stack)
    running = [part.model_copy(update={"state": State.HEALTHY}) for part in stack.status()]
    monkeypatch.setattr(Stack, "status", lambda _self: running)
    stopped: list[bool] = []
    monkeypatch.setattr(Stack, "down", lambda _self, purge=False: stopped.append(purge))
    demo = Demo(stack.settings, lambda _text: None)
    with pytest.raises(ShopstreamError, match="runs in .* already"):
        demo.run()
    demo.close()
    assert stopped == []


def test_what_adds_up_has_no_problems() -> None:
    assert SUMMARY.problems() == []


@pytest.mark.parametrize(
    ("summary", "words"),
    [
        (replace(SUMMARY, counts=replace(COUNTS, read=4)), "4 read"),
        (replace(SUMMARY, counts=replace(COUNTS, dead_lettered=0)), "0 among the dead letters"),
        (replace(SUMMARY, counts=replace(COUNTS, users_behind=3)), "3 users lack"),
        (replace(SUMMARY, users_without_features=1), "1 of 2 users"),
        (replace(SUMMARY, results={"revenue": 0}), "revenue has no rows"),
    ],
)
def test_what_does_not_add_up_is_said(summary: Summary, words: str) -> None:
    (problem,) = summary.problems()
    assert words in problem
