"""The model registry: versions of a task's model, their aliases champion and challenger."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import mlflow.sklearn
from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException
from mlflow.models.model import ModelInfo

from training.bootstrap import Interval, auc_difference
from training.dataset import Dataset
from training.fitting import Fitted, probabilities
from training.vector import COLUMNS

CHAMPION = "champion"
CHALLENGER = "challenger"
PREVIOUS = "previous_champion"
"""Tag of a champion: the version that was it before."""


@dataclass(frozen=True, slots=True)
class Registered:
    """A newly registered version."""

    version: int
    alias: str
    over_champion: Interval | None
    """By how much it is better than the champion before it, in ROC AUC on the same test rows; None when there was none
    to compare."""


def register(client: MlflowClient, fitted: Fitted, logged: ModelInfo, data: Dataset, seed: int) -> Registered:
    """Register the model as the next version of its task and give it an alias.

    It becomes champion when there is none, when the champion reads other columns than the features have now,
    or when its ROC AUC on the test rows is higher than the champion's on the same rows; else challenger. All
    or nothing: when a step fails, the version is taken back and the error raised.
    """
    name = data.task.name
    before = champion(client, name)
    better = _over_champion(before, fitted, data, seed)
    alias = CHAMPION if better is None or better.estimate > 0 else CHALLENGER
    new = _ensure_name(client, name, data.task.description)
    version: ModelVersion | None = None
    try:
        version = client.create_model_version(
            name,
            source=logged.model_uri,
            run_id=logged.run_id,
            model_id=logged.model_id,
            description=f"{fitted.candidate.name}, test ROC AUC {fitted.test.roc_auc:.4f}",
            tags={
                "task": name,
                "model": fitted.candidate.name,
                "feature_service": data.task.feature_service,
                "feature_columns": json.dumps(COLUMNS),
                "test_auc": f"{fitted.test.roc_auc:.6f}",
                "threshold": f"{fitted.threshold:.6f}",
            },
        )
        if alias == CHAMPION:
            crown(client, name, version.version, before)
        else:
            client.set_registered_model_alias(name, alias, version.version)
    except BaseException:
        if version is not None:
            client.delete_model_version(name, version.version)
        if new:
            client.delete_registered_model(name)
        raise
    return Registered(int(version.version), alias, better)


def versions(client: MlflowClient) -> list[dict[str, Any]]:
    """Return every registered version, newest first within a model, as plain values (times ISO 8601, UTC)."""
    found = []
    for model in client.search_registered_models():
        # A search leaves the aliases of the versions out; the model has them.
        aliases: dict[str, list[str]] = {}
        for alias, number in client.get_registered_model(model.name).aliases.items():
            aliases.setdefault(str(number), []).append(alias)
        for version in client.search_model_versions(f"name = '{model.name}'"):
            found.append(
                {
                    "model": model.name,
                    "version": int(version.version),
                    "aliases": sorted(aliases.get(str(version.version), [])),
                    "kind": version.tags.get("model"),
                    "test_auc": float(version.tags["test_auc"]) if "test_auc" in version.tags else None,
                    "created": _iso(version.creation_timestamp),
                    "run_id": version.run_id,
                }
            )
    return sorted(found, key=lambda row: (row["model"], -row["version"]))


def _iso(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="seconds")


def champion(client: MlflowClient, name: str) -> ModelVersion | None:
    """Return the version that has the alias champion; None without one."""
    return with_alias(client, name, CHAMPION)


def with_alias(client: MlflowClient, name: str, alias: str) -> ModelVersion | None:
    """Return the version that has an alias; None without one."""
    try:
        return client.get_model_version_by_alias(name, alias)
    except MlflowException as error:
        if error.error_code not in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            raise
        return None


def crown(client: MlflowClient, name: str, version: str, before: ModelVersion | None) -> None:
    """Make a version the champion; ``before`` is noted on it as the one to go back to, and serves no more."""
    if before is not None and str(before.version) != str(version):
        client.set_model_version_tag(name, version, PREVIOUS, str(before.version))
    client.set_registered_model_alias(name, CHAMPION, version)
    challenger = with_alias(client, name, CHALLENGER)
    if challenger is not None and str(challenger.version) == str(version):
        client.delete_registered_model_alias(name, CHALLENGER)


def reads_present_columns(version: ModelVersion) -> bool:
    """Tell whether the model reads the columns that features have now."""
    return bool(version.tags.get("feature_columns") == json.dumps(COLUMNS))


def _over_champion(before: ModelVersion | None, fitted: Fitted, data: Dataset, seed: int) -> Interval | None:
    if before is None or not reads_present_columns(before):
        return None
    pipeline = mlflow.sklearn.load_model(f"models:/{data.task.name}/{before.version}")
    return auc_difference(
        data.test.labels.to_numpy(),
        fitted.test_probabilities,
        probabilities(pipeline, data.test.inputs),
        data.test.users.to_numpy(),
        seed,
    )


def _ensure_name(client: MlflowClient, name: str, description: str) -> bool:
    """Create the registered model; False when it is there already."""
    try:
        client.create_registered_model(name, description=description)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
        return False
    return True
