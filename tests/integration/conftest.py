"""Real services for integration tests: started when first asked for, on free ports, ended by pid."""

import contextlib
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from deploy.stack.flink_conf import flink_environment
from deploy.stack.settings import StackSettings
from deploy.stack.stack import Stack


class FlinkCluster(NamedTuple):
    """A running cluster with two slots."""

    rest: str
    """``host:port`` of its REST interface."""

    environment: dict[str, str]
    """Variables for a child that runs `flink run` or a shopstream program against it."""


@pytest.fixture(scope="session")
def stack_settings(tmp_path_factory: pytest.TempPathFactory) -> StackSettings:
    """Settings that all services below share: one state folder, one set of free ports."""
    return StackSettings.on_free_ports(tmp_path_factory.mktemp("stack"))


@pytest.fixture(scope="session")
def kafka_bootstrap(stack_settings: StackSettings) -> Iterator[str]:
    """``host:port`` of a Kafka broker without topics."""
    with _running(stack_settings, "kafka"):
        yield stack_settings.kafka_bootstrap


@pytest.fixture(scope="session")
def valkey_address(stack_settings: StackSettings) -> Iterator[str]:
    """``host:port`` of a Redis-protocol server, empty at first."""
    with _running(stack_settings, "valkey"):
        yield stack_settings.redis


@pytest.fixture(scope="session")
def mlflow_uri(stack_settings: StackSettings) -> Iterator[str]:
    """URL of an MLflow tracking server with a model registry, empty at first."""
    with _running(stack_settings, "mlflow"):
        yield stack_settings.mlflow


@pytest.fixture(scope="session")
def flink_cluster(stack_settings: StackSettings) -> Iterator[FlinkCluster]:
    """A Flink cluster without jobs; a test cancels the jobs that it submits."""
    with _running(stack_settings, "flink"):
        environment = {**stack_settings.environment(), **flink_environment(stack_settings)}
        yield FlinkCluster(stack_settings.flink_rest, environment)


@contextlib.contextmanager
def _running(settings: StackSettings, part: str) -> Iterator[None]:
    stack = Stack(settings, [part])
    stack.up()
    try:
        yield
    finally:
        stack.down()
