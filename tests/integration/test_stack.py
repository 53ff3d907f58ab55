"""The real parts, started and stopped as a person does, from other processes."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka.admin import NewTopic

from deploy.stack.settings import ROOT, StackSettings

COMMAND = [sys.executable, "-c", "from deploy.cli import main; main()"]
# Other tests share the cores; a JVM that takes five seconds alone can take a minute beside them.
pytestmark = pytest.mark.timeout(400)


class Shop:
    """The command line on a state folder and ports of its own."""

    def __init__(self, settings: StackSettings) -> None:
        self.settings = settings
        addresses = {name: getattr(settings, name) for name in ("flink_rpc", "kafka_controller")}
        extra = {f"SHOPSTREAM_{name.upper()}": value for name, value in addresses.items()}
        # Short, so that lake files and sinks show within the test.
        extra["SHOPSTREAM_CHECKPOINT_SECONDS"] = "1"
        self.environment = {**os.environ, **settings.environment(), **extra}

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*COMMAND, *words], cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False
        )

    def status(self, *parts: str) -> dict[str, dict[str, Any]]:
        result = self.run("status", "--json", *parts)
        found = json.loads(result.stdout)
        healthy = all(part["state"] == "healthy" for part in found)
        assert result.returncode == (0 if healthy else 3), result.stderr
        return {part["name"]: part for part in found}

    def processes(self) -> list[int]:
        """Pids of all living processes whose environment names this state folder."""
        mark = f"={self.settings.home}".encode()
        found = []
        for folder in Path("/proc").iterdir():
            if folder.name.isdecimal() and int(folder.name) != os.getpid():
                try:
                    state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
                    if state != "Z" and mark in (folder / "environ").read_bytes():
                        found.append(int(folder.name))
                except (FileNotFoundError, ProcessLookupError, PermissionError):
                    continue
        return found

    def assert_nothing_left(self) -> None:
        assert self.processes() == []
        for field in ("kafka_bootstrap", "kafka_controller", "redis", "flink_rest", "flink_rpc", "mlflow"):
            host, port, _ = self.settings.address(field)
            with socket.socket() as client:
                assert client.connect_ex((host, port)) != 0, f"{field} still listens"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    shop = Shop(StackSettings.on_free_ports(tmp_path / "state"))
    yield shop
    shop.run("down")
    shop.assert_nothing_left()


def eventually(condition: Callable[[], Any], seconds: float = 120) -> Any:
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.2)
    return value


def test_kafka_and_valkey_live_die_and_come_back(shop: Shop) -> None:
    first = shop.run("up", "kafka", "valkey")
    assert first.returncode == 0, first.stderr
    before = shop.status("kafka", "valkey")
    assert {part["state"] for part in before.values()} == {"healthy"}

    store = redis.Redis.from_url(f"redis://{shop.settings.redis}")
    store.set("key", "value")
    _produce(shop.settings.kafka_bootstrap, b"one")

    again = shop.run("up", "kafka", "valkey")
    assert (again.returncode, again.stdout.splitlines()[0]) == (0, "Everything runs already.")
    assert shop.status("kafka")["kafka"]["pid"] == before["kafka"]["pid"]

    os.kill(before["valkey"]["pid"], signal.SIGKILL)
    eventually(lambda: shop.status("valkey")["valkey"]["state"] == "dead")
    assert shop.run("up", "kafka", "valkey").returncode == 0
    after = shop.status("kafka", "valkey")
    assert after["valkey"]["pid"] != before["valkey"]["pid"]
    assert after["kafka"]["pid"] == before["kafka"]["pid"]
    assert store.get("key") == b"value"

    os.kill(after["kafka"]["pid"], signal.SIGKILL)
    eventually(lambda: shop.status("kafka")["kafka"]["state"] == "dead")
    down = shop.run("down")
    assert (down.returncode, down.stdout) == (0, "Stopped valkey.\n")
    shop.assert_nothing_left()

    assert shop.run("up", "kafka").returncode == 0
    assert _consume(shop.settings.kafka_bootstrap) == [b"one"], "the log outlives a killed broker"


def test_a_taken_port_is_said_by_name_and_nothing_starts(shop: Shop) -> None:
    host, port, _ = shop.settings.address("redis")
    with socket.create_server((host, port)):
        result = shop.run("up", "kafka", "valkey")
    assert result.returncode == 1
    assert result.stderr.startswith(
        f"shopstream: port {port} (valkey, SHOPSTREAM_REDIS) is taken by pid {os.getpid()} ("
    )
    assert "Traceback" not in result.stderr
    shop.assert_nothing_left()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_up_stops_what_it_started(shop: Shop, number: signal.Signals) -> None:
    with subprocess.Popen(
        [*COMMAND, "up", "kafka", "valkey"],
        cwd=ROOT,
        env=shop.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as up:
        eventually(lambda: up.poll() is not None or (shop.settings.home / "run" / "kafka.json").exists())
        up.send_signal(number)
        _, errors = up.communicate(timeout=60)
    assert (up.returncode, errors) == (130, "Interrupted: what was started has been stopped.\n")
    shop.assert_nothing_left()


def test_a_part_that_dies_while_starting_fails_the_whole_start(shop: Shop) -> None:
    shop.environment["SHOPSTREAM_KAFKA_HEAP"] = "1m"
    result = shop.run("up", "kafka", "valkey")
    assert result.returncode == 1
    log = shop.settings.home / "logs" / "kafka.log"
    assert result.stderr.startswith(f"shopstream: kafka died while starting; its log {log} ends with: ")
    assert "Too small maximum heap" in result.stderr
    shop.assert_nothing_left()


def test_a_killed_up_can_be_taken_down(shop: Shop) -> None:
    with subprocess.Popen([*COMMAND, "up", "kafka"], cwd=ROOT, env=shop.environment, stdout=subprocess.DEVNULL) as up:
        eventually(lambda: up.poll() is not None or (shop.settings.home / "run" / "kafka.json").exists())
        up.kill()
    assert shop.processes()
    assert shop.run("down").stdout == "Stopped kafka.\n"
    shop.assert_nothing_left()


def test_everything_but_the_scorer_works_and_ends(shop: Shop) -> None:
    up = shop.run("up", "kafka", "valkey", "flink", "mlflow")
    assert up.returncode == 0, up.stderr
    assert _get(f"http://{shop.settings.flink_rest}/overview")["slots-total"] == 2
    model = {"name": "m", "tags": []}
    created = _post(f"{shop.settings.mlflow}/api/2.0/mlflow/registered-models/create", model)
    assert created["registered_model"]["name"] == "m"

    down = shop.run("down")
    assert down.stdout == "Stopped flink-jobmanager, flink-taskmanager, mlflow, kafka, valkey.\n"
    shop.assert_nothing_left()


def _produce(bootstrap: str, value: bytes) -> None:
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    admin.create_topics([NewTopic("t", num_partitions=1, replication_factor=1)])
    admin.close()
    producer = KafkaProducer(bootstrap_servers=bootstrap)
    producer.send("t", value).get(timeout=30)
    producer.close()


def _consume(bootstrap: str) -> list[bytes]:
    consumer = KafkaConsumer(
        "t",
        bootstrap_servers=bootstrap,
        auto_offset_reset="earliest",
        group_id=None,
        consumer_timeout_ms=5000,
    )
    values = [record.value for record in consumer]
    consumer.close()
    return values


def _get(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=10) as response:  # noqa: S310 - our own loopback address
        return json.load(response)


def _post(url: str, body: dict[str, Any]) -> Any:
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})  # noqa: S310
    with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310 - our own loopback address
        return json.load(response)
