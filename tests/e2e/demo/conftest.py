"""``shopstream demo`` as a person runs it: interrupted once, then to the end, once for all tests of this folder."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from deploy.stack.address import Address, free_ports
from deploy.stack.settings import StackSettings
from ingestion.ecom import fetch

ROOT = Path(__file__).parents[3]
DATASETS = ROOT / ".shopstream" / "datasets"
TESTS = ROOT / "tests"
ADDRESSES = ("kafka_bootstrap", "kafka_controller", "redis", "flink_rest", "flink_rpc", "mlflow", "scorer")


def adjacent_ports() -> tuple[int, int]:
    """Two free ports, one after the other."""
    for _ in range(100):
        (port,) = free_ports(1)
        if port < 65535 and Address("127.0.0.1", port + 1, "").is_free():
            return port, port + 1
    raise AssertionError("no two free ports in a row")


def start(settings: StackSettings, log: Path) -> "subprocess.Popen[bytes]":
    environment = {
        **os.environ,
        **{f"SHOPSTREAM_{name.upper()}": getattr(settings, name) for name in ADDRESSES},
        "SHOPSTREAM_STATE": str(settings.home),
        "SHOPSTREAM_FLINK_METRICS_PORTS": str(settings.flink_metrics_ports),
    }
    with log.open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "deploy.cli", "demo"],
            env=environment,
            cwd=ROOT,
            stdout=output,
            stderr=output,
        )


def wait_for(process: "subprocess.Popen[bytes]", log: Path, text: str, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while text not in log.read_text():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.2)


def assert_nothing_left(settings: StackSettings) -> None:
    for name in ADDRESSES:
        address: Address = settings.address(name)
        assert address.is_free(), f"{name} still listens"
    # The stack's own processes, and what the demo starts beside them: a client of Flink's, say.
    marks = [f"SHOPSTREAM_{name}={settings.home}".encode() for name in ("PART", "STATE")]
    for process in Path("/proc").glob("[0-9]*"):
        try:
            environment = (process / "environ").read_bytes()
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
        assert not any(mark in environment for mark in marks), (process / "cmdline").read_bytes()


@pytest.fixture(scope="package")
def flink_metrics_ports() -> tuple[int, int]:
    """Where Prometheus finds the JobManager and the TaskManager."""
    return adjacent_ports()


@pytest.fixture(scope="package")
def demo(
    flink_metrics_ports: tuple[int, int], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[StackSettings, dict[str, Any]]]:
    folder = tmp_path_factory.mktemp("demo")
    ports = "-".join(map(str, flink_metrics_ports))
    settings = StackSettings.on_free_ports(folder / "state", flink_metrics_ports=ports)
    (settings.home / "datasets").mkdir(parents=True)
    (settings.home / "datasets" / "ecom.csv.gz").symlink_to(fetch(DATASETS).absolute())

    interrupted = start(settings, folder / "interrupted.log")
    wait_for(interrupted, folder / "interrupted.log", "submitting the Flink job", 180)
    interrupted.send_signal(signal.SIGINT)
    try:
        assert interrupted.wait(90) == 130
    finally:
        interrupted.terminate()
    assert_nothing_left(settings)

    process = start(settings, folder / "demo.log")
    try:
        wait_for(process, folder / "demo.log", "stays up until Ctrl-C", 540)
        yield settings, json.loads((settings.home / "summary.json").read_text())
        process.send_signal(signal.SIGINT)
        assert process.wait(90) == 0, (folder / "demo.log").read_text()
        assert_nothing_left(settings)
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(90)


@pytest.fixture(scope="package")
def recount(demo: tuple[StackSettings, dict[str, Any]]) -> duckdb.DuckDBPyConnection:
    db = duckdb.connect()
    db.execute((TESTS / "ecom_expected.sql").read_text(), [str(fetch(DATASETS))])
    first, *others = Path(__file__).with_name("recount.sql").read_text().split(";\n")
    db.execute(first, {"shift": demo[1]["shift_us"]})
    for query in others:
        if query.strip():
            db.execute(query)
    return db
