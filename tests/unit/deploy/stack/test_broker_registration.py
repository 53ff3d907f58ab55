"""A dead broker's registration is ended once, and that of a living one never."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.stack import kafka as kafka_module
from deploy.stack.address import Address
from deploy.stack.broker_registration import unregister
from deploy.stack.kafka import Kafka
from deploy.stack.settings import StackSettings

NONE, REQUEST_TIMED_OUT, NOT_CONTROLLER, NOT_REGISTERED = 0, 7, 41, 102

REQUEST = bytes.fromhex("00000010 0040 0000 00000001 ffff 00 00000001 00".replace(" ", ""))
"""Length; UnregisterBroker, version 0; correlation id; no client id; no tagged fields; broker 1; no tagged fields."""


def answer(error: int) -> bytes:
    """Correlation id, no tagged fields, no throttling, the error, no message, no tagged fields."""
    body = struct.pack(">ixihxx", 1, 0, error)
    return struct.pack(">i", len(body)) + body


class Controller:
    """Listens, notes the first request and gives one answer."""

    def __init__(self, listener: socket.socket, said: bytes) -> None:
        self.port = listener.getsockname()[1]
        self.request = b""
        self._listener, self._said = listener, said

    def answer(self) -> None:
        connection, _ = self._listener.accept()
        with connection:
            self.request = connection.recv(1000)
            connection.sendall(self._said)


@pytest.fixture
def controller() -> Iterator[Callable[[bytes], Controller]]:
    """Starts a controller that will say this; each must be asked once."""
    threads, listeners = [], []

    def start(said: bytes) -> Controller:
        listener = socket.create_server(("127.0.0.1", 0))
        listener.settimeout(10)
        one = Controller(listener, said)
        threads.append(threading.Thread(target=one.answer))
        threads[-1].start()
        listeners.append(listener)
        return one

    yield start
    for thread, listener in zip(threads, listeners, strict=True):
        thread.join(20)
        listener.close()


@pytest.mark.parametrize(
    ("said", "is_heard"),
    [
        (answer(NONE), True),
        (answer(NOT_REGISTERED), True),
        (answer(NOT_CONTROLLER), False),
        # Whether it was done is not known: to ask again could meet the next broker.
        (answer(REQUEST_TIMED_OUT), True),
        (b"", True),
        (answer(NONE)[:9], True),
    ],
    ids=["done", "not_registered", "not_controller", "timed_out", "nothing", "half_an_answer"],
)
def test_it_is_asked_again_only_if_nothing_was_done(
    controller: Callable[[bytes], Controller], said: bytes, is_heard: bool
) -> None:
    one = controller(said)
    assert unregister(Address("127.0.0.1", one.port, ""), 1) is is_heard
    assert one.request == REQUEST


def test_a_controller_that_is_not_there_yet_is_asked_again(settings: StackSettings) -> None:
    assert not unregister(settings.address("kafka_controller"), 1)


@pytest.fixture
def settings(tmp_path: Path) -> StackSettings:
    return StackSettings.on_free_ports(tmp_path)


def _died(settings: StackSettings) -> Kafka:
    """A broker that was healthy, and whose log nobody has closed."""
    kafka = Kafka(settings)
    (settings.home / "kafka" / "data").mkdir(parents=True)
    (settings.home / "kafka" / "data" / "meta.properties").touch()
    kafka.has_started()
    return kafka


def _asked(kafka: Kafka, monkeypatch: pytest.MonkeyPatch, heard: list[bool]) -> int:
    """Start it; return how often its controller was asked, which hears it as listed."""
    answers = iter(heard)
    asked = []

    def ask(_: Address, node_id: int) -> bool:
        asked.append(node_id)
        return next(answers)

    monkeypatch.setattr(kafka_module, "unregister", ask)
    kafka.prepare()
    for _ in range(5):
        kafka.attend_start()
    assert set(asked) <= {1}
    return len(asked)


def test_the_registration_of_a_dead_broker_is_ended_once(
    settings: StackSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    kafka = _died(settings)
    assert _asked(kafka, monkeypatch, [False, False, True]) == 3
    # One that dies before it is registered bars nobody's way, and the next must not be thrown out.
    assert _asked(Kafka(settings), monkeypatch, []) == 0
    kafka.has_started()
    assert _asked(Kafka(settings), monkeypatch, [True]) == 1


def test_a_new_broker_and_one_after_an_orderly_end_are_left_alone(
    settings: StackSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    kafka = _died(settings)
    (settings.home / "kafka" / "data" / ".kafka_cleanshutdown").touch()
    assert _asked(kafka, monkeypatch, []) == 0
    (settings.home / "kafka" / "registered").unlink()
    (settings.home / "kafka" / "data" / ".kafka_cleanshutdown").unlink()
    assert _asked(kafka, monkeypatch, []) == 0
