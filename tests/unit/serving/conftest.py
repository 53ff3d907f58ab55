"""Fakes of what lies outside the scorer: the feature store, the model registry and Kafka."""

import asyncio
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from flink_jobs.features.schema import USER_FEATURE_GROUPS
from serving.app import create_app
from serving.model import ModelRefusedError, ServedModel
from serving.registry import ModelVersion, RegistryAwayError
from serving.settings import ScorerSettings


class FakeStore:
    """Holds rows and answers as ``OnlineRows`` does."""

    def __init__(self) -> None:
        self.rows: dict[str, tuple[datetime, dict[str, Any]]] = {}
        self.failure: Exception | None = None
        self.delay_seconds = 0.0
        self.under_way = 0
        self.reads = 0
        self.closed = False

    def get_feature_service(self, name: str) -> str:
        return name

    async def get_online_features_async(self, features: str, entity_rows: Mapping[str, Sequence[str]]) -> Any:
        self.under_way += 1
        try:
            await asyncio.sleep(self.delay_seconds)
            return self.get_online_features(features, entity_rows)
        finally:
            self.under_way -= 1

    def get_online_features(self, features: str, entity_rows: Mapping[str, Sequence[str]]) -> Any:
        assert features == "purchase_24h"
        self.reads += 1
        if self.failure:
            raise self.failure
        rows = [self.rows.get(user) for user in entity_rows["user_id"]]
        values = [row[1] if row else {} for row in rows]
        times = [{group.name: row[0] for group in USER_FEATURE_GROUPS} if row else {} for row in rows]
        return SimpleNamespace(values=lambda: values, times=lambda: times)

    async def close(self) -> None:
        self.closed = True


class FakeRegistry:
    """One model; ``downloads`` counts, ``away`` makes it fail."""

    def __init__(self) -> None:
        self.version: ModelVersion | None = None
        self.challenger: ModelVersion | None = None
        self.away = False
        self.downloads = 0

    def promote(self, version: str, intercept: float, identity: str = "registry-1") -> None:
        tags = {"intercept": str(intercept)}
        self.version = ModelVersion("purchase_24h", version, "champion", f"{identity}/{version}", tags)

    def challenge(self, version: str, intercept: float) -> None:
        tags = {"intercept": str(intercept)}
        self.challenger = ModelVersion("purchase_24h", version, "challenger", f"registry-1/{version}", tags)

    def champion(self, name: str, alias: str) -> ModelVersion | None:
        if self.away:
            raise RegistryAwayError("MLflow is away")
        assert name == "purchase_24h"
        return {"champion": self.version, "challenger": self.challenger}[alias]

    def download(self, version: ModelVersion, folder: Path) -> None:
        if self.away:
            raise RegistryAwayError("MLflow is away")
        self.downloads += 1
        (folder / "model.txt").write_text(version.tags["intercept"])


class Line:
    """Probability = intercept + purchases_24h / 100."""

    def __init__(self, intercept: float) -> None:
        self.intercept = intercept

    def predict_proba(self, matrix: Any) -> Any:
        positive = self.intercept + matrix[:, 0] / 100
        return np.column_stack([1 - positive, positive])


def load_line(folder: Path, version: ModelVersion) -> ServedModel:
    text = (folder / "model.txt").read_text()
    if text == "nan":
        raise ModelRefusedError("it is not a number")
    return ServedModel(
        version,
        Line(float(text)),
        lambda rows, _as_of: np.array([[float(row.values["purchases_24h"])] for row in rows]),
    )


class FakeProducer:
    """Keeps what it is sent; delivers, or fails every record with ``failure``."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, bytes, bytes]] = []
        self.failure: Exception | None = None
        self.gate = threading.Event()
        self.gate.set()
        self.closed = False
        self.left = 0

    def produce(self, topic: str, value: bytes, key: str, *, on_delivery: Callable[[Any, Any], None]) -> None:
        self.gate.wait(5)
        self.sent.append((topic, key.encode(), value))
        on_delivery(None if self.failure is None else type(self.failure).__name__, None)

    def poll(self, _timeout: float) -> int:
        return 0

    def flush(self, _timeout: float) -> int:
        self.closed = True
        return self.left


def wait_until(condition: Callable[[], Any], seconds: float = 5) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        time.sleep(0.005)


class World(SimpleNamespace):
    """A scorer with its fakes; ``client`` sends the local key."""

    settings: ScorerSettings
    store: FakeStore
    registry: FakeRegistry
    producer: FakeProducer
    client: TestClient

    def ready(self) -> bool:
        return self.client.get("/readyz").status_code == 200

    def metric(self, line: str) -> float:
        for found in self.client.get("/metrics").text.splitlines():
            if found.rpartition(" ")[0] == line:
                return float(found.rpartition(" ")[2])
        return 0.0


LOCAL_KEY = {"X-API-Key": "local-development-key"}


def make_app(settings: ScorerSettings, store: FakeStore, registry: FakeRegistry, producer: FakeProducer) -> FastAPI:
    return create_app(
        settings,
        open_store=lambda: store,
        registry=registry,
        load=load_line,
        connect_kafka=lambda: producer,
    )


@pytest.fixture(autouse=True)
def no_keys_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("SHOPSTREAM_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def store() -> FakeStore:
    return FakeStore()


@pytest.fixture
def registry() -> FakeRegistry:
    return FakeRegistry()


@pytest.fixture
def world(tmp_path: Path, store: FakeStore, registry: FakeRegistry) -> Iterator[World]:
    settings = ScorerSettings(state=tmp_path, model_poll_seconds=0.05, redis="127.0.0.1:1")
    producer = FakeProducer()
    app = make_app(settings, store, registry, producer)
    with TestClient(app, headers=LOCAL_KEY, raise_server_exceptions=False) as client:
        wait_until(lambda: "still" not in client.get("/readyz").text)
        yield World(settings=settings, store=store, registry=registry, producer=producer, client=client)
