"""What a training did, for people and for programs."""

import dataclasses
from dataclasses import dataclass
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Group
from rich.table import Table
from rich.text import Text

from training.bootstrap import Interval
from training.evaluation import Scores


@dataclass(frozen=True, slots=True)
class ModelResult:
    """One model of a training; without scores when it failed."""

    name: str
    parameters: dict[str, Any]
    validation: Scores | None
    test: Scores | None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class TrainingReport:
    """A finished training."""

    task: str
    parts: dict[str, dict[str, Any]]
    """Rows, positives, users, first and last cut-off of train, validation and test."""
    unknown: int
    """Rows of users that had no feature row at their cut-off."""
    baseline: Scores
    """Test scores of the hours since the last event alone."""
    models: list[ModelResult]
    best: str
    version: int
    alias: str
    test_auc: Interval
    """Of the best model."""
    over_baseline: Interval
    """By how much it is better than the hours since the last event alone."""
    over_champion: Interval | None
    """By how much it is better than the champion before this training; None when there was none to compare."""
    run_url: str
    seconds: float

    @property
    def test(self) -> Scores:
        """Test scores of the best model."""
        found = next(model.test for model in self.models if model.name == self.best)
        if found is None:
            raise ValueError(f"{self.best} has no scores")
        return found

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return dataclasses.asdict(self)


_COLUMNS = (
    ("AUC", "roc_auc"),
    ("AP", "average_precision"),
    ("logloss", "log_loss"),
    ("Brier", "brier"),
    ("calib", "calibration_error"),
    ("acc", "accuracy"),
    ("prec", "precision"),
    ("recall", "recall"),
    ("F1", "f1"),
)


def render(report: TrainingReport) -> Group:
    """Return the report as tables of at most 100 columns."""
    rows = Table(title=f"{report.task}: rows", title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for heading in ("part", "rows", "positives", "users", "first cut-off", "last cut-off (UTC)"):
        rows.add_column(heading, justify="right" if heading in ("rows", "positives", "users") else "left")
    for name, part in report.parts.items():
        counts = (f"{part[key]:,}" for key in ("rows", "positives", "users"))
        rows.add_row(name, *counts, part["first_cutoff"][:16], part["last_cutoff"][:16])

    title = f"{report.task}: models on the test part"
    models = Table(title=title, title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    models.add_column("model", no_wrap=True)
    models.add_column("val AUC", justify="right")
    for heading, _ in _COLUMNS:
        models.add_column(heading, justify="right")
    for model in report.models:
        if model.test is None or model.validation is None:
            models.add_row(model.name, "[red]failed", *[""] * len(_COLUMNS))
            continue
        style = "bold green" if model.name == report.best else None
        validation = f"{model.validation.roc_auc:.3f}"
        models.add_row(model.name, validation, *_numbers(model.test), style=style)
    models.add_section()
    models.add_row("recency alone", "", *_numbers(report.baseline), style="dim")

    against = ""
    if report.over_champion is not None:
        against = f"; better than the champion before it by {report.over_champion}"
    last = Text(
        f"{report.best} is {report.task} version {report.version}, {report.alias}: test AUC {report.test_auc}; better"
        f" than recency alone by {report.over_baseline}{against}. Intervals are of 95 %, by users;"
        f" {report.seconds:.0f} s\n"
        f"{report.run_url}",
        overflow="fold",
    )
    failed = [Text(f"{model.name} failed: {model.error}") for model in report.models if model.error]
    return Group(rows, models, *failed, last)


def _numbers(found: Scores) -> list[str]:
    return [f"{getattr(found, name):.3f}" for _, name in _COLUMNS]
