import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.stack import stack as stack_module
from deploy.stack.address import Address
from deploy.stack.lock import only_one
from deploy.stack.part import Part, http_body
from deploy.stack.settings import StackSettings
from deploy.stack.stack import Stack
from deploy.stack.status import PartStatus, State
from ingestion.errors import ShopstreamError


class Web(Part):
    """A small real HTTP server; notes each start and, when it is ended in order, its end."""

    name = "web"
    field = "scorer"
    start_seconds = 30

    def addresses(self) -> tuple[Address, ...]:
        return (self.settings.address(self.field),)

    def command(self) -> list[str]:
        program = (
            "import http.server, signal, sys\n"
            "def end(*_):\n"
            f"    open('{self.settings.home}/journal', 'a').write('{self.name} ends\\n')\n"
            "    sys.exit()\n"
            "signal.signal(signal.SIGTERM, end)\n"
            f"open('{self.settings.home}/journal', 'a').write('{self.name} starts\\n')\n"
            f"{self.body}\n"
            f"http.server.HTTPServer(('127.0.0.1', {self.addresses()[0].port}),"
            " http.server.SimpleHTTPRequestHandler).serve_forever()\n"
        )
        return [sys.executable, "-c", program]

    body = ""

    def healthy(self) -> bool:
        return http_body(self.addresses()[0], "/") is not None


class Client(Web):
    name = "client"
    field = "redis"
    needs = ("web",)


class Broken(Web):
    name = "broken"
    field = "mlflow"
    body = "raise ValueError('no such table')"


class Slow(Web):
    name = "slow"
    field = "mlflow"
    start_seconds = 1
    body = "import time; time.sleep(60)"


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stack_module, "PARTS", {part.name: part for part in (Web, Client, Broken, Slow)})
    monkeypatch.setattr(stack_module, "GROUPS", {"both": ("web", "client")})


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[StackSettings]:
    settings = StackSettings.on_free_ports(tmp_path)
    yield settings
    Stack(settings).down()


def journal(settings: StackSettings) -> list[str]:
    return (settings.home / "journal").read_text().splitlines()


def states(parts: list[PartStatus]) -> dict[str, State]:
    return {part.name: part.state for part in parts}


def test_starts_in_the_order_of_needs_and_stops_clients_first(settings: StackSettings) -> None:
    stack = Stack(settings, ["both"])
    seen: list[dict[str, State]] = []
    assert states(stack.up(lambda parts: seen.append(states(parts)))) == {
        "web": "healthy",
        "client": "healthy",
    }
    assert all(state["client"] == "stopped" for state in seen if state["web"] != "healthy")
    assert stack.down() == ["client", "web"]
    assert journal(settings) == ["web starts", "client starts", "client ends", "web ends"]
    assert states(stack.status()) == {"web": "stopped", "client": "stopped"}
    assert stack.down() == []


def test_a_second_up_leaves_alone_what_runs(settings: StackSettings) -> None:
    before = Stack(settings, ["both"]).up()
    after = Stack(settings, ["both"]).up()
    assert [part.pid for part in after] == [part.pid for part in before]
    assert journal(settings) == ["web starts", "client starts"]


def test_up_restarts_only_what_died(settings: StackSettings) -> None:
    stack = Stack(settings, ["both"])
    web, client = stack.up()
    assert web.pid is not None
    os.kill(web.pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while stack.status()[0].state is not State.DEAD:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert stack.status()[0].pid is None
    new_web, same_client = Stack(settings, ["both"]).up()
    assert new_web.pid != web.pid
    assert same_client.pid == client.pid


def test_a_part_that_dies_fails_the_start_and_ends_the_others(settings: StackSettings) -> None:
    stack = Stack(settings, ["web", "broken"])
    with pytest.raises(ShopstreamError) as caught:
        stack.up()
    log = settings.home / "logs" / "broken.log"
    assert str(caught.value) == f"broken died while starting; its log {log} ends with: ValueError: no such table"
    assert states(stack.status()) == {"web": "stopped", "broken": "stopped"}
    assert all(address.is_free() for address in (settings.address("scorer"), settings.address("mlflow")))


def test_a_failed_start_leaves_alone_what_ran_before(settings: StackSettings) -> None:
    Stack(settings, ["web"]).up()
    with pytest.raises(ShopstreamError):
        Stack(settings, ["web", "broken"]).up()
    assert states(Stack(settings, ["web"]).status()) == {"web": "healthy"}


def test_the_wait_for_health_is_bounded(settings: StackSettings) -> None:
    with pytest.raises(ShopstreamError, match="^slow is not healthy after 1 seconds; its log .*slow.log ends with: "):
        Stack(settings, ["slow"]).up()
    assert states(Stack(settings, ["slow"]).status()) == {"slow": "stopped"}


def test_an_error_in_the_progress_or_ctrl_c_stops_what_was_started(settings: StackSettings) -> None:
    def interrupt(parts: list[PartStatus]) -> None:
        if parts[0].pid:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Stack(settings, ["both"]).up(interrupt)
    assert states(Stack(settings, ["both"]).status()) == {"web": "stopped", "client": "stopped"}


def test_every_taken_port_is_named_and_nothing_is_started(settings: StackSettings) -> None:
    with (
        socket.create_server(("127.0.0.1", settings.address("scorer").port)),
        socket.create_server(("127.0.0.1", settings.address("redis").port)),
        pytest.raises(ShopstreamError) as caught,
    ):
        Stack(settings, ["both"]).up()
    for part, variable in (("web", "SHOPSTREAM_SCORER"), ("client", "SHOPSTREAM_REDIS")):
        port = settings.address(variable.removeprefix("SHOPSTREAM_").lower()).port
        assert f"port {port} ({part}, {variable}) is taken by pid {os.getpid()} (" in str(caught.value)
    assert not (settings.home / "journal").exists()


def test_a_changed_address_of_a_running_part_is_not_missed(settings: StackSettings) -> None:
    Stack(settings, ["web"]).up()
    moved = settings.model_copy(update={"scorer": "127.0.0.1:19999"})
    with pytest.raises(ShopstreamError, match=r"web runs at .*, but SHOPSTREAM_SCORER now say 127\.0\.0\.1:19999"):
        Stack(moved, ["web"]).up()


def test_an_address_beyond_loopback_is_refused_only_for_the_parts_asked_for(settings: StackSettings) -> None:
    abroad = settings.model_copy(update={"redis": "10.1.2.3:6379"})
    with pytest.raises(ShopstreamError, match="SHOPSTREAM_REDIS=.* is not on loopback"):
        Stack(abroad, ["both"]).up()
    assert states(Stack(abroad, ["web"]).up()) == {"web": "healthy"}


def test_an_unknown_part_is_named() -> None:
    with pytest.raises(ShopstreamError, match="no part is called kafak: choose from web, client, broken, slow, both"):
        Stack(StackSettings(), ["kafak"])


def test_one_command_at_a_time(settings: StackSettings) -> None:
    with (
        only_one(settings.home / "run", "up"),
        pytest.raises(ShopstreamError, match=rf"^`shopstream up` \(pid {os.getpid()}\) is at work on this stack"),
    ):
        Stack(settings, ["web"]).down()


def test_purge_deletes_the_stacks_own_folders_only(settings: StackSettings) -> None:
    for name in ("kafka", "lake", "mine"):
        (settings.home / name).mkdir()
    Stack(settings, ["web"]).up()
    assert Stack(settings).down(purge=True) == ["web"]
    assert sorted(path.name for path in settings.home.iterdir()) == ["journal", "mine"]
