"""``feast serve``, ``feast ui`` and a plain FeatureStore on the repository's files, as a Feast user has them."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pandas as pd
import pytest
from feast import FeatureStore

from deploy.stack.address import free_ports
from deploy.stack.settings import ROOT
from flink_jobs.features.schema import FEATURE_SETS, USER_FEATURES

SEEN = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory, valkey_address: str) -> Path:
    """A copy of the repository on the test's store, applied."""
    source, repo = ROOT / "feature_repo", tmp_path_factory.mktemp("feast") / "feature_repo"
    repo.mkdir()
    for path in (*source.glob("*.py"), source / "feature_store.yaml", source / ".feastignore"):
        (repo / path.name).write_text(path.read_text().replace("127.0.0.1:16379", valkey_address))
    (repo.parent / ".shopstream" / "feast").mkdir(parents=True)
    subprocess.run(feast(repo, "apply"), cwd=repo, check=True, capture_output=True, timeout=120)
    return repo


def feast(repo: Path, *arguments: str) -> list[str]:
    return [str(Path(sys.executable).parent / "feast"), "-c", str(repo), *arguments]


@contextlib.contextmanager
def running(repo: Path, program: str, log: Path) -> Iterator[httpx.Client]:
    """A Feast program on a free port of loopback, until the block is left."""
    (port,) = free_ports(1)
    environment = {**os.environ, "FEAST_USAGE": "False"}
    line = feast(repo, program, "--host", "127.0.0.1", "--port", str(port))
    with log.open("wb") as output:
        process = subprocess.Popen(line, cwd=repo, env=environment, stdout=output, stderr=output)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=10, trust_env=False) as client:
            deadline = time.monotonic() + 90
            while True:
                with contextlib.suppress(httpx.TransportError):
                    client.get("/health")
                    break
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.2)
            yield client
    finally:
        process.terminate()
        process.wait(30)


def row(user: str) -> dict[str, object]:
    values = {"int64": 3, "double": 1.5, "timestamp": SEEN - timedelta(hours=1)}
    return {"user_id": user, **{feature.name: values[feature.type] for feature in USER_FEATURES}}


def test_feast_serve_answers_what_was_pushed(repository: Path, tmp_path: Path) -> None:
    frame = pd.DataFrame([row("feast-user") | {"event_timestamp": SEEN, "created_timestamp": SEEN}])
    FeatureStore(str(repository)).push("user_feature_push", frame)
    with running(repository, "serve", tmp_path / "serve.log") as client:
        answer = client.post(
            "/get-online-features",
            json={"feature_service": "purchase_24h", "entities": {"user_id": ["feast-user", "nobody"]}},
        )
    assert answer.status_code == 200, answer.text
    body = answer.json()
    columns = zip(body["metadata"]["feature_names"], body["results"], strict=True)
    served = {name: column["values"] for name, column in columns}
    assert set(served) == {"user_id", *(feature.name for feature in USER_FEATURES)}
    assert served["total_events_24h"] == [3, None]
    assert served["revenue_24h"] == [1.5, None]


def test_feast_ui_shows_every_view(repository: Path, tmp_path: Path) -> None:
    with running(repository, "ui", tmp_path / "ui.log") as client:
        page = client.get("/")
        views = client.get("/api/v1/feature_views", params={"project": "shopstream"})
    assert page.status_code == 200 and "<html" in page.text
    assert views.status_code == 200, views.text
    named = {view["spec"]["name"] for view in views.json()["featureViews"]}
    assert named == {group.name for features in FEATURE_SETS for group in features.groups}
