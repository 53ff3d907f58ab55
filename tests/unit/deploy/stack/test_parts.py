"""What the parts put on command lines and into files; that they work is for tests/integration."""

from pathlib import Path

import pytest

from deploy.stack.kafka import Kafka
from deploy.stack.mlflow import MLflow
from deploy.stack.part import Part, http_body, require_java, require_program
from deploy.stack.scorer import Scorer
from deploy.stack.settings import StackSettings
from deploy.stack.stack import PARTS, Stack
from deploy.stack.valkey import Valkey
from deploy.stack.zookeeper import ZooKeeper
from ingestion.errors import ShopstreamError


@pytest.fixture
def settings(tmp_path: Path) -> StackSettings:
    return StackSettings.on_free_ports(tmp_path, kafka_heap="333m")


def test_kafka_listens_where_its_clients_connect(settings: StackSettings) -> None:
    properties = Kafka(settings).server_properties()
    assert properties["advertised.listeners"] == f"PLAINTEXT://{settings.kafka_bootstrap}"
    assert properties["listeners"].split(",") == [
        f"PLAINTEXT://{settings.kafka_bootstrap}",
        f"CONTROLLER://{settings.kafka_controller}",
    ]
    assert "-Xmx333m" in Kafka(settings).command()


def test_a_missing_broker_names_the_build(settings: StackSettings, tmp_path: Path) -> None:
    without = settings.model_copy(update={"broker_jars": tmp_path})
    with pytest.raises(ShopstreamError, match="no Kafka broker in .*: run `mvn -q -B package` in flink_jobs/operators"):
        Kafka(without).prepare()


def test_valkey_keeps_what_it_was_given(settings: StackSettings) -> None:
    command = Valkey(settings).command()
    options = dict(zip(command[1::2], command[2::2], strict=True))
    assert options["--bind"] == "127.0.0.1"
    assert f"127.0.0.1:{options['--port']}" == settings.redis
    assert (options["--appendonly"], options["--appendfsync"]) == ("yes", "everysec")
    assert options["--maxmemory-policy"] == "noeviction"


def test_zookeeper_listens_on_loopback_alone(settings: StackSettings) -> None:
    ZooKeeper(settings).prepare()
    lines = (settings.flink_conf / "zoo.cfg").read_text().splitlines()
    assert {"clientPortAddress=127.0.0.1", "admin.enableServer=false"} <= set(lines)
    assert f"clientPort={settings.zookeeper.rpartition(':')[2]}" in lines


def test_zookeeper_belongs_to_a_highly_available_stack(settings: StackSettings) -> None:
    available = settings.model_copy(update={"high_availability": True})
    assert "zookeeper" not in [part.name for part in Stack(settings, ["flink"]).status()]
    assert "zookeeper" in [part.name for part in Stack(available, ["flink"]).status()]
    with pytest.raises(ShopstreamError, match="zookeeper runs only with SHOPSTREAM_HIGH_AVAILABILITY=1"):
        Stack(settings, ["zookeeper"])


def test_mlflow_sends_nothing_home(settings: StackSettings) -> None:
    assert MLflow(settings).environment()["MLFLOW_DISABLE_TELEMETRY"] == "true"
    assert MLflow(settings).link == settings.mlflow


def test_the_scorer_is_a_client_of_this_stack(settings: StackSettings) -> None:
    assert settings.environment().items() <= Scorer(settings).environment().items()


@pytest.mark.parametrize("part", PARTS.values())
def test_nothing_that_does_not_run_is_healthy(part: type[Part], settings: StackSettings) -> None:
    assert not part(settings).healthy()


@pytest.mark.parametrize("part", PARTS.values())
def test_every_need_is_a_part(part: type[Part]) -> None:
    assert set(part.needs) <= set(PARTS)


def test_nobody_listening_is_no_body(settings: StackSettings) -> None:
    assert http_body(settings.address("scorer"), "/healthz") is None


def test_a_missing_program_is_named_with_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(ShopstreamError, match=rf"{tmp_path}/bin/java is not installed: .*openjdk-17"):
        require_java()
    with pytest.raises(ShopstreamError, match="^no-such is not installed: do this$"):
        require_program("no-such", "do this")
