"""The commands ``shopstream models ...``."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.table import Table

from training.settings import TrainingSettings
from training.tasks import TASKS

if TYPE_CHECKING:
    from training.promotion import Comparison

_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
def models() -> None:
    """Look at the registered models, compare them, and choose which one serves.

    \b
    Examples:
      shopstream models list
      shopstream models compare purchase_24h
      shopstream models promote purchase_24h
      shopstream models rollback purchase_24h
    """


@models.command("list")
@_json
def list_(as_json: bool) -> None:
    """List every version, newest first, with its aliases and test AUC.

    \b
    Examples:
      shopstream models list --json | jq '.[] | select(.aliases[] == "champion")'
    """
    settings = TrainingSettings()
    # In here, as below: MLflow and scikit-learn take seconds to import, and --help needs neither.
    from mlflow import MlflowClient

    from training import registry, tracking

    tracking.connect(settings)
    with tracking.quiet():
        found = registry.versions(MlflowClient())
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    if not found:
        click.echo(f"no model is registered yet; train one with: shopstream train {next(iter(TASKS))}")
        return
    table = Table()
    for heading in ("model", "version", "alias", "kind", "test AUC", "created (UTC)"):
        table.add_column(heading, justify="right" if heading in ("version", "test AUC") else "left")
    for row in found:
        auc = "" if row["test_auc"] is None else f"{row['test_auc']:.4f}"
        table.add_row(
            row["model"],
            str(row["version"]),
            ", ".join(row["aliases"]),
            row["kind"] or "",
            auc,
            row["created"][:19].replace("T", " "),
        )
    console().print(table)


@models.command()
@click.argument("task")
@click.argument("one", required=False)
@click.argument("other", required=False)
@_json
def compare(task: str, one: str | None, other: str | None, as_json: bool) -> None:
    """Judge versions ONE and OTHER of TASK, numbers or aliases, on the same test rows of today's lake.

    By default the challenger and the champion. Intervals are of 95 %, by drawing users anew.

    \b
    Examples:
      shopstream models compare purchase_24h
      shopstream models compare purchase_24h 3 champion
    """
    from training import promotion

    with Console(stderr=True).status("features as of the cut-offs ..."):
        found = promotion.compare(task, TrainingSettings(), one, other)
    if as_json:
        click.echo(json.dumps(asdict(found), indent=2))
    else:
        _show(found)


@models.command()
@click.argument("task")
@click.argument("version", required=False)
@click.option("--force", is_flag=True, help="Do not ask whether it is better.")
@_json
def promote(task: str, version: str | None, force: bool, as_json: bool) -> None:
    """Make VERSION of TASK, by default the challenger, the champion, if it is better on the same test rows.

    The scorer takes it within seconds.

    \b
    Examples:
      shopstream models promote purchase_24h
      shopstream models promote purchase_24h 2 --force
    """
    from training import promotion

    with Console(stderr=True).status("features as of the cut-offs ..."):
        found = promotion.promote(task, TrainingSettings(), version, force)
    if as_json:
        click.echo(json.dumps(None if found is None else asdict(found), indent=2))
        return
    if found is not None:
        _show(found)
    click.echo(
        f"{task}: {f'version {found.one.version}' if found else version or 'the challenger'} is the champion now."
    )


@models.command()
@click.argument("task")
def rollback(task: str) -> None:
    """Make the champion before the present one of TASK the champion again.

    \b
    Examples:
      shopstream models rollback purchase_24h
    """
    from training import promotion

    before, now = promotion.rollback(task, TrainingSettings())
    click.echo(f"{task}: version {now} is the champion again, in place of version {before}.")


def _show(found: "Comparison") -> None:
    table = Table(title=f"{found.task}: {found.rows:,} test rows of {found.users:,} users", title_justify="left")
    for heading in ("version", "kind", "ROC AUC (95 %)", "AP", "log loss", "calibration"):
        table.add_column(heading, justify="left" if heading == "kind" else "right")
    for one in (found.one, found.other):
        figures = (one.test.average_precision, one.test.log_loss, one.test.calibration_error)
        table.add_row(str(one.version), one.kind, str(one.test_auc), *(f"{figure:.4f}" for figure in figures))
    console().print(table)
    click.echo(f"Version {found.one.version} less version {found.other.version}, ROC AUC: {found.difference}.")


def console() -> Console:
    """A console of 100 columns where the output is no terminal: a pipe has no width, and rich would take 80."""
    found = Console()
    return found if found.is_terminal else Console(width=100)
