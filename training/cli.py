"""The command ``shopstream train``."""

import json
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from training.models_cli import console
from training.settings import TrainingSettings
from training.tasks import task_named

if TYPE_CHECKING:
    from training.search import Search


@click.command()
@click.argument("task")
@click.option(
    "--search",
    type=click.Choice(["none", "fast", "full"]),
    default="none",
    show_default=True,
    help="Points of each model's grid, with 5 folds: a few, all (hours), or none but the defaults.",
)
@click.option("--cutoffs", type=click.IntRange(min=1), help="Use only this many of the newest cut-offs.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def train(task: str, search: "Search", cutoffs: int | None, as_json: bool) -> None:
    """Train the models of TASK and register the best in MLflow.

    TASK is purchase_24h or churn_30d. Features are taken as of each cut-off through Feast, labels strictly
    after it; train, validation and test follow one another in time. The best three also vote together. The best
    by validation AUC becomes a new version of the model TASK: champion when it beats the champion there is on
    the same test rows, else challenger.

    \b
    Examples:
      shopstream train purchase_24h
      shopstream train purchase_24h --search fast
      shopstream train churn_30d --search full
      shopstream train churn_30d --cutoffs 20 --json | jq .version
    """
    task_named(task)
    settings = TrainingSettings()
    # In here: scikit-learn, Feast and MLflow take seconds to import, and --help needs none of them.
    from training.report import render
    from training.train import train as run

    with _progress() as bar:
        shown = bar.add_task(f"train {task}", total=None)
        report = run(
            task,
            settings,
            lambda step, done, steps: bar.update(shown, description=f"{task}: {step}", completed=done, total=steps),
            search=search,
            cutoffs=cutoffs,
        )
    if as_json:
        click.echo(json.dumps(report.to_dict(), indent=2))
    else:
        console().print(render(report))


def _progress() -> Progress:
    # On standard error, so that --json can be piped; nothing is drawn where there is no terminal.
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )
