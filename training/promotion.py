"""Which version serves: two versions on the same test rows, promotion of the better one, and the way back."""

from dataclasses import dataclass

import mlflow.sklearn
from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException
from sklearn.pipeline import Pipeline

from feature_repo.store import open_store
from ingestion.errors import ShopstreamError
from training import dataset, registry, tracking
from training.bootstrap import Interval, auc_difference, auc_interval
from training.evaluation import Array, Scores, scores
from training.fitting import probabilities
from training.registry import CHALLENGER, CHAMPION
from training.settings import TrainingSettings
from training.tasks import task_named


@dataclass(frozen=True, slots=True)
class Judged:
    """One version on the test rows of today's lake."""

    version: int
    kind: str
    test_auc: Interval
    test: Scores


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two versions of a task on the same rows."""

    task: str
    rows: int
    users: int
    first_cutoff: str
    last_cutoff: str
    one: Judged
    other: Judged
    difference: Interval
    """ROC AUC of ``one`` less that of ``other``."""


def compare(task_name: str, settings: TrainingSettings, one: str | None = None, other: str | None = None) -> Comparison:
    """Judge two versions, each a number or an alias, by default challenger and champion, on the same test rows.

    Raises ShopstreamError for an unknown task or version, one that reads other features than there are, or no data.
    """
    task = task_named(task_name)
    tracking.connect(settings)
    client = MlflowClient()
    with tracking.quiet():
        first = _version(client, task.name, one or CHALLENGER)
        second = _version(client, task.name, other or CHAMPION)
        data = dataset.build(task, settings, open_store(settings))
        labels, users = data.test.labels.to_numpy(), data.test.users.to_numpy()
        found = [probabilities(_load(version), data.test.inputs) for version in (first, second)]
    judged = [
        _judge(version, labels, values, users, settings.seed)
        for version, values in zip((first, second), found, strict=True)
    ]
    summary = data.test.summary()
    return Comparison(
        task=task.name,
        rows=summary["rows"],
        users=summary["users"],
        first_cutoff=summary["first_cutoff"],
        last_cutoff=summary["last_cutoff"],
        one=judged[0],
        other=judged[1],
        difference=auc_difference(labels, found[0], found[1], users, settings.seed),
    )


def promote(
    task_name: str, settings: TrainingSettings, version: str | None = None, force: bool = False
) -> Comparison | None:
    """Make a version, by default the challenger, the champion if its ROC AUC on the test rows is the higher one.

    Returns the comparison; None where there was no champion to beat, or ``force`` left it out. Raises ShopstreamError,
    and changes nothing, when the version is not better, or is the champion already.
    """
    task = task_named(task_name)
    tracking.connect(settings)
    client = MlflowClient()
    chosen = _version(client, task.name, version or CHALLENGER)
    before = registry.champion(client, task.name)
    if before is not None and str(before.version) == str(chosen.version):
        raise ShopstreamError(f"{task.name} version {chosen.version} is the champion already.")
    comparison = None
    if before is not None and not force:
        comparison = compare(task.name, settings, str(chosen.version), str(before.version))
        if comparison.difference.estimate <= 0:
            raise ShopstreamError(
                f"{task.name} version {chosen.version} is not better than the champion, version {before.version}:"
                f" ROC AUC {comparison.one.test_auc} and {comparison.other.test_auc}. Nothing changed; --force promotes"
                " it anyway."
            )
    registry.crown(client, task.name, str(chosen.version), before)
    return comparison


def rollback(task_name: str, settings: TrainingSettings) -> tuple[int, int]:
    """Make the champion before the present one the champion again; return the versions before and now.

    Raises ShopstreamError when there is none to go back to.
    """
    task = task_named(task_name)
    tracking.connect(settings)
    client = MlflowClient()
    present = registry.champion(client, task.name)
    if present is None:
        raise ShopstreamError(f"{task.name} has no champion; train one with `shopstream train {task.name}`.")
    previous = present.tags.get(registry.PREVIOUS)
    if previous is None:
        raise ShopstreamError(
            f"{task.name} version {present.version} is the first champion: there is none to go back to."
        )
    found = _version(client, task.name, previous)
    client.set_registered_model_alias(task.name, CHAMPION, found.version)
    return int(present.version), int(found.version)


def _version(client: MlflowClient, name: str, wanted: str) -> ModelVersion:
    """The version with this number or alias."""
    if not wanted.isdecimal():
        found = registry.with_alias(client, name, wanted)
        if found is None:
            raise ShopstreamError(f"{name} has no {wanted}; see `shopstream models list`.")
        return found
    try:
        return client.get_model_version(name, wanted)
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        raise ShopstreamError(f"{name} has no version {wanted}; see `shopstream models list`.") from error


def _load(version: ModelVersion) -> Pipeline:
    if not registry.reads_present_columns(version):
        raise ShopstreamError(
            f"{version.name} version {version.version} reads other features than there are now: train a new one."
        )
    pipeline: Pipeline = mlflow.sklearn.load_model(f"models:/{version.name}/{version.version}")
    return pipeline


def _judge(version: ModelVersion, labels: Array, found: Array, users: Array, seed: int) -> Judged:
    threshold = float(version.tags.get("threshold", 0.5))
    return Judged(
        int(version.version),
        version.tags.get("model", ""),
        auc_interval(labels, found, users, seed),
        scores(labels, found, threshold),
    )
