"""What the scorer was asked of late, beside what the champion was trained on."""

from dataclasses import dataclass
from datetime import datetime

import mlflow
import numpy as np
import pandas as pd
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from feature_repo.consistency.served import Served, read
from ingestion.errors import ShopstreamError
from ingestion.topic_reader import TopicReader
from training import registry, tracking
from training.drift import ColumnDrift, drift
from training.settings import TrainingSettings
from training.tasks import task_named
from training.vector import COLUMNS, vectorize


@dataclass(frozen=True, slots=True)
class DriftReport:
    """The champion's columns and scores, then and now."""

    task: str
    version: int
    served: int
    first: datetime
    last: datetime
    columns: list[ColumnDrift]


def compare(task_name: str, settings: TrainingSettings, bootstrap: str, since: datetime | None = None) -> DriftReport:
    """Compare the vectors and scores that the champion has served since then with its training.

    Raises ShopstreamError when there is no champion, it has served nothing since then, or its training noted no
    distributions.
    """
    task = task_named(task_name)
    tracking.connect(settings)
    champion = registry.champion(MlflowClient(), task.name)
    if champion is None:
        raise ShopstreamError(f"{task.name} has no champion; train one with `shopstream train {task.name}`.")
    served = [
        one
        for one in read(TopicReader(bootstrap), since)
        if (one.model, one.model_version) == (task.name, str(champion.version))
    ]
    if not served:
        raise ShopstreamError(
            f"{task.name} version {champion.version} has scored nobody yet: score users first, or name an earlier"
            " --since."
        )
    try:
        before = mlflow.artifacts.load_dict(f"runs:/{champion.run_id}/{tracking.REFERENCE}")
    except MlflowException as error:
        raise ShopstreamError(
            f"{task.name} version {champion.version} noted no distributions when it was trained: train a new one."
        ) from error
    times = [one.scored_at for one in served]
    scores = np.array([one.probability for one in served])
    return DriftReport(
        task.name, int(champion.version), len(served), min(times), max(times), drift(before, _inputs(served), scores)
    )


def _inputs(served: list[Served]) -> pd.DataFrame:
    rows = [vectorize({name: _value(value) for name, value in one.features.items()}, one.scored_at) for one in served]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _value(value: object) -> object:
    return datetime.fromisoformat(value) if isinstance(value, str) else value
