"""Trains the models of a task, from the lake to a registered version."""

import time
from collections.abc import Callable
from functools import partial

import mlflow
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from mlflow.models.model import ModelInfo

from feature_repo.store import open_store
from ingestion.errors import ShopstreamError
from training import card, dataset, registry, tracking
from training.bootstrap import auc_difference, auc_interval
from training.ensemble import NAME, ensemble
from training.fitting import Fitted, fit, recency_baseline
from training.models import CANDIDATES, Candidate
from training.report import ModelResult, TrainingReport
from training.search import Search
from training.settings import TrainingSettings
from training.tasks import task_named

Progress = Callable[[str, int, int], None]
"""Called before each step with its description, the steps done and all steps."""


def train(
    task_name: str,
    settings: TrainingSettings | None = None,
    progress: Progress | None = None,
    *,
    search: Search = "none",
    cutoffs: int | None = None,
    candidates: tuple[Candidate, ...] = CANDIDATES,
) -> TrainingReport:
    """Train, compare, log to MLflow and register the model with the best validation ROC AUC.

    A model that fails is reported and the rest go on. ``cutoffs`` takes only that many, the newest.
    Raises ShopstreamError for an unknown task, missing data or features, MLflow away, or no model that could
    be fitted; then nothing is registered.
    """
    started = time.monotonic()
    settings = settings or TrainingSettings()
    task = task_named(task_name)
    tell, tell_more = _counted(progress, steps=3 + len(candidates))
    tracking.connect(settings)
    tell("features as of the cut-offs")
    data = dataset.build(task, settings, open_store(settings), cutoffs)
    results: list[ModelResult] = []
    fits: list[tuple[Fitted, ModelInfo]] = []

    def attempt(name: str, make: Callable[[], Fitted]) -> None:
        try:
            fitted = make()
            fits.append((fitted, tracking.log_model(fitted, data, search, settings)))
        except Exception as error:  # a model may raise anything; the others can still win
            tracking.connect(settings)  # but without MLflow none can
            tracking.log_failure(name, error)
            results.append(_failed(name, error))
        else:
            results.append(ModelResult(name, fitted.parameters, fitted.validation, fitted.test))

    try:
        with tracking.quiet(), tracking.parent_run(data, search, settings) as run_id:
            for candidate in candidates:
                tell(candidate.name)
                attempt(
                    candidate.name,
                    partial(fit, candidate, data, search, settings.seed, settings.training_threads, tell_more),
                )
            if not fits:
                raise ShopstreamError(f"no model of {task.name} could be fitted: {results[0].error}")
            tell(NAME)
            if len(fits) > 1:
                attempt(NAME, partial(ensemble, [fitted for fitted, _ in fits], data))
            tell("registering the best")
            baseline, by_recency = recency_baseline(data)
            mlflow.log_metric("test_roc_auc_recency_alone", baseline.roc_auc)
            best, logged = max(fits, key=lambda pair: pair[0].validation.roc_auc)
            mlflow.set_tag("best", best.candidate.name)
            labels, users = data.test.labels.to_numpy(), data.test.users.to_numpy()
            found = best.test_probabilities
            test_auc = auc_interval(labels, found, users, settings.seed)
            over_baseline = auc_difference(labels, found, by_recency, users, settings.seed)
            tracking.log_intervals({"test_roc_auc": test_auc, "test_roc_auc_over_recency": over_baseline})
            tracking.log_card(logged, card.model_card(best, data, baseline, test_auc, over_baseline))
            registered = registry.register(MlflowClient(), best, logged, data, settings.seed)
            url = tracking.run_url(settings, run_id)
    except MlflowException as error:
        raise ShopstreamError(
            f"MLflow at {settings.mlflow} failed while {task.name} was trained, and nothing was registered: "
            f"{str(error).splitlines()[0]}"
        ) from error
    return TrainingReport(
        task=task.name,
        parts={name: part.summary() for name, part in data.parts().items()},
        unknown=data.unknown,
        baseline=baseline,
        models=results,
        best=best.candidate.name,
        version=registered.version,
        alias=registered.alias,
        test_auc=test_auc,
        over_baseline=over_baseline,
        over_champion=registered.over_champion,
        run_url=url,
        seconds=time.monotonic() - started,
    )


def _failed(name: str, error: Exception) -> ModelResult:
    return ModelResult(name, {}, None, None, f"{type(error).__name__}: {error}".splitlines()[0])


def _counted(progress: Progress | None, steps: int) -> tuple[Callable[[str], None], Callable[[int, int], None]]:
    """One function to tell of the next step, and one to tell how far the step under way is."""
    begun: list[str] = []

    def tell(step: str, part: str = "") -> None:
        if not part:
            begun.append(step)
        if progress:
            progress(f"{step}{part}", len(begun) - 1, steps)

    return tell, lambda number, count: tell(begun[-1], f", {number} of {count} points")
