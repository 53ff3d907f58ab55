import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.stack import stack as stack_module
from deploy.stack import supervisor as supervisor_module
from deploy.stack.settings import StackSettings
from deploy.stack.stack import Stack
from deploy.stack.status import State
from deploy.stack.supervisor import Supervisor
from tests.unit.deploy.stack.test_stack import Client, Web


class Tried(Web):
    """Starts only once a file is there."""

    name = "tried"
    field = "mlflow"

    @property
    def body(self) -> str:
        return f"import pathlib; pathlib.Path('{self.settings.home}/ready').read_text()"


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stack_module, "PARTS", {part.name: part for part in (Web, Client, Tried)})
    monkeypatch.setattr(stack_module, "GROUPS", {})
    monkeypatch.setattr(supervisor_module, "_POLL_SECONDS", 0.05)
    monkeypatch.setattr(supervisor_module, "_HANGING_SECONDS", 1)


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[StackSettings]:
    settings = StackSettings.on_free_ports(tmp_path)
    yield settings
    Stack(settings).down()


@pytest.fixture
def told(settings: StackSettings) -> Iterator[list[str]]:
    """What a supervisor that runs beside the test has said."""
    lines: list[str] = []
    ended = threading.Event()
    thread = threading.Thread(target=Supervisor(settings, lines.append).run, args=(ended,))
    thread.start()
    yield lines
    ended.set()
    thread.join()


def wait_until(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_what_is_killed_runs_again_and_what_was_stopped_stays_so(settings: StackSettings, told: list[str]) -> None:
    web, client = Stack(settings, ["web", "client"]).up()
    Stack(settings, ["client"]).down()
    assert web.pid is not None
    os.kill(web.pid, signal.SIGKILL)
    wait_until(lambda: any("web was dead and runs again" in line for line in told))
    again, stopped = Stack(settings, ["web", "client"]).status()
    assert again.state is State.HEALTHY
    assert again.pid != web.pid
    assert stopped.state is State.STOPPED
    assert [line for line in told if line.startswith("client")] == []


def test_what_hangs_is_ended_and_started(
    settings: StackSettings, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (web,) = Stack(settings, ["web"]).up()
    assert web.pid is not None
    with monkeypatch.context() as impatient:
        # Young, it would be starting.
        impatient.setattr(Web, "start_seconds", 0)
        os.kill(web.pid, signal.SIGSTOP)
        wait_until(lambda: bool(told))
    wait_until(lambda: any("web was dead and runs again" in line for line in told))
    assert told[0] == "web has not answered for 1 s: ending it"
    assert Stack(settings, ["web"]).status()[0].pid != web.pid


def test_what_does_not_start_is_told_and_tried_again(settings: StackSettings, told: list[str]) -> None:
    (settings.home / "ready").write_text("")
    (tried,) = Stack(settings, ["tried"]).up()
    (settings.home / "ready").unlink()
    assert tried.pid is not None
    os.kill(tried.pid, signal.SIGKILL)
    wait_until(lambda: any("died while starting" in line for line in told))
    (settings.home / "ready").write_text("")
    wait_until(lambda: any("tried was dead and runs again" in line for line in told))


def test_what_was_stopped_while_it_was_looked_at_stays_so(settings: StackSettings) -> None:
    """It seems dead for a moment; once nothing else is at work on the stack, it has been stopped."""
    Stack(settings, ["web"]).up()
    Stack(settings, ["web"]).down()
    assert Stack(settings, ["web"]).revive() == []
    assert Stack(settings, ["web"]).status()[0].state is State.STOPPED
