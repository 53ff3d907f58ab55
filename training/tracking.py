"""Writes runs and models to MLflow."""

import dataclasses
import importlib.metadata
import logging
import platform
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import httpx
import mlflow
import mlflow.sklearn
from mlflow.models import infer_signature
from mlflow.models.model import ModelInfo

from ingestion.errors import ShopstreamError
from training import card
from training.bootstrap import Interval
from training.dataset import Dataset
from training.drift import reference
from training.fitting import Fitted, probabilities
from training.plots import plots
from training.search import Search
from training.settings import TrainingSettings
from training.vector import COLUMNS

REFERENCE = "reference.json"
"""Artifact of a model's run: how its training rows and scores are distributed, for `shopstream drift`."""

MODEL_PACKAGES = ("mlflow", "scikit-learn", "skops", "numpy", "pandas", "scipy")


def connect(settings: TrainingSettings) -> None:
    """Point MLflow at its server; raises ShopstreamError when it does not answer in time."""
    try:
        httpx.get(
            f"{settings.mlflow}/health", timeout=settings.mlflow_timeout_seconds, trust_env=False
        ).raise_for_status()
    except httpx.HTTPError as error:
        raise ShopstreamError(
            f"MLflow does not answer at {settings.mlflow}; start it with `shopstream up` or set SHOPSTREAM_MLFLOW"
        ) from error
    mlflow.set_tracking_uri(settings.mlflow)
    mlflow.set_registry_uri(settings.mlflow)


@contextmanager
def quiet() -> Iterator[None]:
    """Keep MLflow's hints off the console; its errors still show."""
    logger = logging.getLogger("mlflow")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module="mlflow")
            yield
    finally:
        logger.setLevel(before)


@contextmanager
def parent_run(data: Dataset, search: Search, settings: TrainingSettings) -> Iterator[str]:
    """Open the run that the models' runs hang under, give its id; an exception marks it failed."""
    mlflow.set_experiment(data.task.name)
    with mlflow.start_run(run_name=f"train {data.task.name}", description=data.task.description) as run:
        mlflow.log_params(_about(data, search, settings))
        mlflow.log_dict({name: part.summary() for name, part in data.parts().items()}, "data_set.json")
        yield run.info.run_id


def log_model(fitted: Fitted, data: Dataset, search: Search, settings: TrainingSettings) -> ModelInfo:
    """Log one model as a child of the open run, and check that it loads and answers the same.

    Its page alone tells how to make it again: data, parameters, seed, packages.
    """
    with mlflow.start_run(run_name=fitted.candidate.name, nested=True):
        mlflow.set_tag("model", fitted.candidate.name)
        mlflow.log_params(
            _about(data, search, settings) | fitted.parameters | {"threshold": round(fitted.threshold, 6)}
        )
        for part, reached in (("validation", fitted.validation), ("test", fitted.test)):
            mlflow.log_metrics({f"{part}_{name}": value for name, value in dataclasses.asdict(reached).items()})
        mlflow.log_dict(reference(data.train.inputs, fitted.test_probabilities), REFERENCE)
        for name, figure in plots(fitted, data.test, settings.seed).items():
            mlflow.log_figure(figure, name)
        example = data.test.inputs.head(5)
        logged: ModelInfo = mlflow.sklearn.log_model(
            fitted.pipeline,
            name="model",
            serialization_format="skops",
            skops_trusted_types=list(fitted.candidate.trusted_types),
            pyfunc_predict_fn="predict_proba",
            signature=infer_signature(example, fitted.pipeline.predict_proba(example)),
            input_example=example,
            pip_requirements=pinned(fitted.candidate.packages),
        )
        _check_it_loads(logged.model_uri, fitted, data)
        return logged


def log_intervals(intervals: Mapping[str, Interval]) -> None:
    """Log each figure's 95 % interval to the open run, as ``NAME_low`` and ``NAME_high``."""
    for name, interval in intervals.items():
        mlflow.log_metrics({name: interval.estimate, f"{name}_low": interval.low, f"{name}_high": interval.high})


def log_card(logged: ModelInfo, text: str) -> None:
    """Put the model card beside the model in its run."""
    mlflow.MlflowClient().log_text(logged.run_id, text, card.NAME)


def log_failure(name: str, error: Exception) -> None:
    """Log a model that could not be fitted as a failed child of the open run."""
    mlflow.start_run(run_name=name, nested=True)
    mlflow.set_tag("model", name)
    mlflow.set_tag("error", f"{type(error).__name__}: {error}"[:4000])
    mlflow.end_run("FAILED")


def pinned(packages: Sequence[str]) -> list[str]:
    """Return what a bare environment installs to load a model that needs these packages."""
    names = dict.fromkeys((*MODEL_PACKAGES, *packages))
    return [f"{name}=={importlib.metadata.version(name)}" for name in names]


def run_url(settings: TrainingSettings, run_id: str) -> str:
    """Return the address of a run's page."""
    experiment = mlflow.get_run(run_id).info.experiment_id
    return f"{settings.mlflow}/#/experiments/{experiment}/runs/{run_id}"


def _check_it_loads(uri: str, fitted: Fitted, data: Dataset) -> None:
    rows = data.test.inputs.head(100)
    loaded = mlflow.sklearn.load_model(uri)
    if not (probabilities(loaded, rows) == probabilities(fitted.pipeline, rows)).all():
        raise ValueError("the logged model answers otherwise than the fitted one")


def _about(data: Dataset, search: Search, settings: TrainingSettings) -> dict[str, Any]:
    task = data.task
    about: dict[str, Any] = {
        "task": task.name,
        "feature_service": task.feature_service,
        "features": ",".join(COLUMNS),
        "horizon_hours": task.horizon.total_seconds() / 3600,
        "active_within_hours": task.active_within.total_seconds() / 3600,
        "cutoff_every_minutes": task.every.total_seconds() / 60,
        "search": search,
        "seed": settings.seed,
        "rows_of_unknown_users": data.unknown,
        "python": platform.python_version(),
    }
    for name, part in data.parts().items():
        about |= {f"{name}_{key}": value for key, value in part.summary().items()}
    return about
