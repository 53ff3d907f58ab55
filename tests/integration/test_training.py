"""Training against a real MLflow server: what is logged, registered, promoted, and what a failure leaves."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import mlflow
import pandas as pd
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from sklearn.dummy import DummyClassifier
from sklearn.pipeline import Pipeline

from deploy.stack.settings import ROOT
from ingestion.errors import ShopstreamError
from tests.unit.training import shop
from training import promotion, registry
from training.bootstrap import Interval
from training.models import CANDIDATES, Candidate
from training.models_cli import models
from training.report import TrainingReport
from training.settings import TrainingSettings
from training.train import train
from training.vector import COLUMNS

TASK = "purchase_24h"


@pytest.fixture(scope="module")
def settings(mlflow_uri: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrainingSettings]:
    """Settings of a lake that holds the shop, and of a registry without the task's model."""
    _forget(mlflow_uri)
    folder = tmp_path_factory.mktemp("training")
    shop.write_lake(folder / "lake", shop.events())
    yield TrainingSettings(state=folder, lake=str(folder / "lake"), mlflow=mlflow_uri)
    _forget(mlflow_uri)


def bare_environment(model: Path, folder: Path) -> Path:
    """A new environment with what the model says it needs, and its Python."""
    tools = Path(sys.prefix) / "bin"
    for arguments in (
        ["venv", "--quiet", "--python", sys.executable, str(folder / "bare")],
        # Without the gigabyte that xgboost would fetch for graphics processors.
        ["pip", "install", "--quiet", "--python", str(folder / "bare" / "bin" / "python"), "--override",
         str(ROOT / "deploy" / "python" / "overrides.txt"), "-r", str(model / "requirements.txt")],
    ):  # fmt: skip
        subprocess.run([str(tools / "uv"), *arguments], env=environment_with_index(), check=True, timeout=300)
    return folder / "bare" / "bin" / "python"


def environment_with_index() -> dict[str, str]:
    """uv does not read the index that pip is set to; the set-up does the same."""
    told = subprocess.run(
        [sys.executable, "-m", "pip", "config", "get", "global.index-url"], capture_output=True, text=True, check=False
    ).stdout.strip()
    index = os.environ.get("UV_DEFAULT_INDEX") or os.environ.get("PIP_INDEX_URL") or told
    return {**os.environ, "UV_DEFAULT_INDEX": index} if index else dict(os.environ)


def _forget(mlflow_uri: str) -> None:
    # Other modules share the server.
    client = MlflowClient(mlflow_uri, mlflow_uri)
    if client.search_registered_models(f"name = '{TASK}'"):
        client.delete_registered_model(TASK)


@pytest.fixture(scope="module")
def steps() -> list[tuple[str, int, int]]:
    return []


@pytest.fixture(scope="module")
def report(settings: TrainingSettings, steps: list[tuple[str, int, int]]) -> TrainingReport:
    """The first training of an empty registry."""
    return train(TASK, settings, lambda *step: steps.append(step))


@pytest.fixture
def client(report: TrainingReport, settings: TrainingSettings) -> Iterator[MlflowClient]:
    """A client of the registry that holds the first training, put back as it was afterwards."""
    client = MlflowClient(settings.mlflow, settings.mlflow)
    yield client
    for version in client.search_model_versions(f"name = '{TASK}'"):
        if int(version.version) != report.version:
            client.delete_model_version(TASK, version.version)
    client.set_registered_model_alias(TASK, registry.CHAMPION, str(report.version))


def test_the_best_by_validation_is_champion(report: TrainingReport, client: MlflowClient) -> None:
    assert [model.name for model in report.models] == [*(candidate.name for candidate in CANDIDATES), "ensemble"]
    assert not [model.error for model in report.models if model.error]
    reached = {m.name: m.validation.roc_auc for m in report.models if m.validation is not None}
    assert report.best == max(reached, key=lambda name: reached[name])
    assert report.test.roc_auc > report.baseline.roc_auc + 0.1
    assert (report.alias, report.over_champion) == ("champion", None)
    champion = client.get_model_version_by_alias(TASK, "champion")
    assert int(champion.version) == report.version
    assert json.loads(champion.tags["feature_columns"]) == list(COLUMNS)
    assert champion.tags["task"] == TASK
    assert float(champion.tags["test_auc"]) == pytest.approx(report.test.roc_auc, abs=1e-6)


def test_progress_tells_every_step_once(report: TrainingReport, steps: list[tuple[str, int, int]]) -> None:
    names = [candidate.name for candidate in CANDIDATES]
    assert [step for step, _, _ in steps] == ["features as of the cut-offs", *names, "ensemble", "registering the best"]
    assert [(done, total) for _, done, total in steps] == [(n, len(steps)) for n in range(len(steps))]
    assert report.seconds > 0


def test_every_model_has_a_run_that_tells_how_it_was_made(report: TrainingReport, client: MlflowClient) -> None:
    parent = client.get_run(report.run_url.rpartition("/")[2])
    assert parent.info.status == "FINISHED"
    runs = client.search_runs([parent.info.experiment_id], f"tags.mlflow.parentRunId = '{parent.info.run_id}'")
    assert {run.info.run_name for run in runs} == {*(candidate.name for candidate in CANDIDATES), "ensemble"}
    for run in runs:
        assert run.data.params["feature_service"] == TASK
        assert run.data.params["train_last_cutoff"] == report.parts["train"]["last_cutoff"]
        assert {"seed", "features", "threshold", "test_first_cutoff"} <= run.data.params.keys()
        expected = next(model.test for model in report.models if model.name == run.info.run_name)
        assert expected is not None
        assert run.data.metrics["test_roc_auc"] == pytest.approx(expected.roc_auc)
        assert {"test_brier", "test_calibration_error", "validation_log_loss"} <= run.data.metrics.keys()
        pictures = {file.path for file in client.list_artifacts(run.info.run_id)}
        assert {"roc.png", "calibration.png", "confusion.png", "importance.png"} <= pictures


def test_the_registered_version_has_a_model_card(report: TrainingReport, client: MlflowClient, tmp_path: Path) -> None:
    run = client.get_model_version(TASK, str(report.version)).run_id
    text = Path(client.download_artifacts(run, "model_card.md", str(tmp_path))).read_text()
    assert text.startswith(f"# {TASK}: {report.best}\n")
    assert f"ROC AUC {report.test_auc}" in text
    assert f"| test | {report.parts['test']['rows']:,} |" in text
    assert all(f"`{column}`" in text for column in COLUMNS)
    validation = next(model.validation for model in report.models if model.name == report.best)
    assert validation
    assert f"| recall | {validation.recall:.4f} | {report.test.recall:.4f} | {report.baseline.recall:.4f} |" in text


@pytest.mark.usefixtures("client")
def test_the_champion_loads_in_a_bare_environment_and_answers_the_same(
    settings: TrainingSettings, tmp_path: Path
) -> None:
    """Without a package of ours, from signature, input example and requirements alone."""
    mlflow.set_tracking_uri(settings.mlflow)
    here = mlflow.sklearn.load_model(f"models:/{TASK}@champion")
    python = bare_environment(Path(mlflow.artifacts.download_artifacts(f"models:/{TASK}@champion")), tmp_path)
    program = f"""
import importlib.util, json, mlflow
mlflow.set_tracking_uri({settings.mlflow!r})
folder = mlflow.artifacts.download_artifacts("models:/{TASK}@champion")
model = mlflow.pyfunc.load_model(folder)
example = model.metadata.load_input_example(folder)
print(json.dumps({{
    "columns": model.metadata.signature.inputs.input_names(),
    "rows": example.to_numpy().tolist(),
    "probabilities": model.predict(example)[:, 1].tolist(),
    "requirements": open(folder + "/requirements.txt").read().split(),
    "ours": [name for name in ("training", "serving", "feast", "pyflink") if importlib.util.find_spec(name)],
}}))
"""
    found = subprocess.run(
        [python, "-c", program],
        cwd=tmp_path,
        env={**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true", "PYTHONPATH": ""},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert found.returncode == 0, found.stderr
    told = json.loads(found.stdout.splitlines()[-1])
    assert told["columns"] == list(COLUMNS)
    assert told["ours"] == []
    assert told["probabilities"] == here.predict_proba(pd.DataFrame(told["rows"], columns=COLUMNS))[:, 1].tolist()
    assert all("==" in line for line in told["requirements"])
    assert {"scikit-learn", "skops"} <= {line.partition("==")[0] for line in told["requirements"]}


def test_an_equal_model_becomes_challenger(
    report: TrainingReport, settings: TrainingSettings, client: MlflowClient
) -> None:
    again = train(TASK, settings)
    assert (again.version > report.version, again.alias) == (True, "challenger")
    assert again.over_champion == Interval(0, 0, 0)
    assert int(client.get_model_version_by_alias(TASK, "champion").version) == report.version
    assert int(client.get_model_version_by_alias(TASK, "challenger").version) == again.version


def test_a_better_model_takes_the_champions_place(settings: TrainingSettings, client: MlflowClient) -> None:
    guess = Candidate("guess", lambda *_: Pipeline([("model", DummyClassifier())]), {})
    weak = train(TASK, settings, candidates=(guess,))
    assert (weak.alias, weak.test.roc_auc) == ("challenger", 0.5)
    client.set_registered_model_alias(TASK, registry.CHAMPION, str(weak.version))
    better = train(TASK, settings, candidates=CANDIDATES[:1])
    assert better.alias == "champion"
    assert better.over_champion
    assert better.over_champion.estimate == pytest.approx(better.test.roc_auc - 0.5)
    assert better.over_champion.low > 0
    assert int(client.get_model_version_by_alias(TASK, "champion").version) == better.version

    # And back, and forth: what was the champion is known, and the worse one is promoted only by force.
    assert promotion.rollback(TASK, settings) == (better.version, weak.version)
    with pytest.raises(ShopstreamError, match="first champion"):
        promotion.rollback(TASK, settings)
    found = promotion.promote(TASK, settings, str(better.version))
    assert found
    assert (found.one.version, found.other.version) == (better.version, weak.version)
    assert found.difference.estimate == pytest.approx(better.over_champion.estimate)
    assert found.one.test_auc.low < found.one.test.roc_auc < found.one.test_auc.high
    with pytest.raises(ShopstreamError, match=r"is not better than the champion.*--force"):
        promotion.promote(TASK, settings, str(weak.version))
    with pytest.raises(ShopstreamError, match="champion already"):
        promotion.promote(TASK, settings, str(better.version))
    assert promotion.promote(TASK, settings, str(weak.version), force=True) is None
    assert int(client.get_model_version_by_alias(TASK, "champion").version) == weak.version
    with pytest.raises(ShopstreamError, match="no version 999"):
        promotion.promote(TASK, settings, "999")
    with pytest.raises(ShopstreamError, match="no challenger"):
        promotion.compare("churn_30d", settings)


def test_a_champion_of_other_columns_is_replaced(
    settings: TrainingSettings, client: MlflowClient, report: TrainingReport
) -> None:
    columns = json.dumps(COLUMNS)
    client.set_model_version_tag(TASK, str(report.version), "feature_columns", '["age"]')
    try:
        newer = train(TASK, settings, candidates=CANDIDATES[:1])
    finally:
        client.set_model_version_tag(TASK, str(report.version), "feature_columns", columns)
    assert (newer.alias, newer.over_champion) == ("champion", None)


@pytest.mark.usefixtures("client")
def test_a_model_that_fails_is_reported_and_the_rest_go_on(settings: TrainingSettings) -> None:
    def broken(_seed: int, _threads: int) -> Pipeline:
        raise RuntimeError("out of luck")

    found = train(TASK, settings, candidates=(replace(CANDIDATES[0], name="unlucky", make=broken), CANDIDATES[0]))
    assert [(model.name, model.error) for model in found.models] == [
        ("unlucky", "RuntimeError: out of luck"),
        ("logistic_regression", None),
    ]
    assert found.best == "logistic_regression"
    with pytest.raises(ShopstreamError, match="no model of purchase_24h could be fitted: .*out of luck"):
        train(TASK, settings, candidates=(replace(CANDIDATES[0], name="unlucky", make=broken),))
    assert mlflow.active_run() is None


def test_a_failure_while_registering_leaves_no_version(
    settings: TrainingSettings, client: MlflowClient, report: TrainingReport, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise MlflowException("the registry is full")

    before = client.search_model_versions(f"name = '{TASK}'")
    with monkeypatch.context() as broken:
        broken.setattr(MlflowClient, "set_registered_model_alias", refuse)
        with pytest.raises(ShopstreamError, match="nothing was registered: the registry is full"):
            train(TASK, settings, candidates=CANDIDATES[:1])
    after = client.search_model_versions(f"name = '{TASK}'")
    assert [version.version for version in after] == [version.version for version in before]
    assert int(client.get_model_version_by_alias(TASK, "champion").version) == report.version
    newest = client.search_runs([client.get_experiment_by_name(TASK).experiment_id], max_results=2)
    assert "FAILED" in {run.info.status for run in newest}
    assert mlflow.active_run() is None


@pytest.mark.usefixtures("client")
def test_models_list_shows_versions_and_aliases(
    settings: TrainingSettings, report: TrainingReport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOPSTREAM_MLFLOW", settings.mlflow)
    listed = CliRunner().invoke(models, ["list", "--json"], catch_exceptions=False)
    (row,) = [row for row in json.loads(listed.output) if row["model"] == TASK]
    assert row["version"] == report.version
    assert "champion" in row["aliases"]
    assert row["test_auc"] == pytest.approx(report.test.roc_auc, abs=1e-6)
    table = CliRunner().invoke(models, ["list"], catch_exceptions=False)
    assert TASK in table.output
    assert max(map(len, table.output.splitlines())) <= 100


def test_a_feature_missing_from_the_log_is_said(
    settings: TrainingSettings, client: MlflowClient, report: TrainingReport, tmp_path: Path
) -> None:
    shop.write_lake(tmp_path / "lake", shop.events(users=10))
    for file in (tmp_path / "lake" / "user_features").glob("*/part-*"):
        pq.write_table(pq.read_table(file, partitioning=None).drop_columns(["revenue_24h"]), file)
    lacking = TrainingSettings(state=tmp_path, lake=str(tmp_path / "lake"), mlflow=settings.mlflow)
    with pytest.raises(ShopstreamError, match="feature log .* has no column revenue_24h"):
        train(TASK, lacking)
    assert [int(v.version) for v in client.search_model_versions(f"name = '{TASK}'")] == [report.version]
