import re
from pathlib import Path

import pytest
import yaml

from deploy.stack.flink import TaskManager
from deploy.stack.flink_conf import cluster_options, flink_environment, flink_home, write_flink_conf
from deploy.stack.settings import StackSettings


@pytest.fixture
def settings(tmp_path: Path) -> StackSettings:
    return StackSettings.on_free_ports(tmp_path / "with space: and colon", checkpoint_seconds=2.5)


def test_the_file_says_what_was_meant(settings: StackSettings) -> None:
    write_flink_conf(settings)
    read = yaml.safe_load((settings.flink_conf / "config.yaml").read_text())
    assert read == cluster_options(settings)
    assert read["execution.checkpointing.interval"] == "2500 ms"


def test_everything_listens_on_loopback(settings: StackSettings) -> None:
    options = cluster_options(settings)
    for key in ("jobmanager.bind-host", "taskmanager.bind-host", "taskmanager.host", "rest.bind-address"):
        assert options[key] == "127.0.0.1"


def test_state_is_on_disk_unless_the_heap_was_chosen(settings: StackSettings) -> None:
    heap = settings.model_copy(update={"flink_state": "heap"})
    assert cluster_options(settings)["state.backend.type"] == "rocksdb"
    assert cluster_options(heap)["state.backend.type"] == "hashmap"


@pytest.mark.parametrize("ports", [None, ""])
def test_prometheus_is_told_nothing_unless_it_was_asked_for(settings: StackSettings, ports: str | None) -> None:
    quiet = cluster_options(settings.model_copy(update={"flink_metrics_ports": ports}))
    assert not any(key.startswith("metrics") for key in quiet)
    told = cluster_options(StackSettings(state=settings.state, flink_metrics_ports="19250-19251"))
    assert told["metrics.reporters"] == "prometheus"
    assert told["metrics.reporter.prometheus.port"] == "19250-19251"


def test_jobs_are_remembered_where_that_was_asked_for(settings: StackSettings) -> None:
    assert not any(key.startswith("high-availability") for key in cluster_options(settings))
    options = cluster_options(settings.model_copy(update={"high_availability": True}))
    assert options["high-availability.type"] == "zookeeper"
    assert options["high-availability.zookeeper.quorum"] == settings.zookeeper
    assert str(options["high-availability.storageDir"]).startswith("file:///")


def test_the_java_options_are_those_of_the_distribution(settings: StackSettings) -> None:
    given = yaml.safe_load((flink_home() / "conf" / "config.yaml").read_text())["env"]["java"]["opts"]["all"]
    assert cluster_options(settings)["env.java.opts.all"] == given
    assert "--add-opens=java.base/java.util=ALL-UNNAMED" in given


def test_the_java_options_of_the_task_manager_are_a_setting(settings: StackSettings) -> None:
    changed = settings.model_copy(update={"flink_taskmanager_java": "-XX:+UseG1GC -Xlog:gc"})
    assert cluster_options(settings)["env.java.opts.taskmanager"] == "-XX:+UseParallelGC"
    assert cluster_options(changed)["env.java.opts.taskmanager"] == "-XX:+UseG1GC -Xlog:gc"
    for part in (TaskManager(settings), TaskManager(changed)):
        part.prepare()
    assert "-XX:+UseParallelGC" in TaskManager(settings).command()
    assert {"-XX:+UseG1GC", "-Xlog:gc"} <= set(TaskManager(changed).command())
    assert "-XX:+UseParallelGC" not in TaskManager(changed).command()


def test_writing_again_changes_nothing_and_leaves_no_scratch(settings: StackSettings) -> None:
    write_flink_conf(settings)
    first = {path.name: path.read_text() for path in settings.flink_conf.iterdir()}
    write_flink_conf(settings)
    assert {path.name: path.read_text() for path in settings.flink_conf.iterdir()} == first
    assert set(first) == {"config.yaml", "log4j-console.properties", "log4j-cli.properties"}


def test_every_logger_names_an_appender_that_exists(settings: StackSettings) -> None:
    write_flink_conf(settings)
    for path in settings.flink_conf.glob("log4j*"):
        text = path.read_text()
        (used,) = re.findall(r"appenderRef\.\w+\.ref = (\w+)", text)
        assert f"appender.{used}.name = {used}\n" in text


def test_clients_use_the_same_folder(settings: StackSettings) -> None:
    assert flink_environment(settings)["FLINK_CONF_DIR"] == str(settings.flink_conf)
