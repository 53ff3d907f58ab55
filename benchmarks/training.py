"""Training: how near the models come to the truth, and how long 100,000 users take.

``python -m benchmarks.training --help``
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

import click
import mlflow
import numpy as np
import numpy.typing as npt
import pandas as pd
from rich.console import Console
from rich.progress import Progress
from sklearn.metrics import roc_auc_score

from benchmarks import command
from benchmarks.result import Report, Result
from benchmarks.shop_history import Shop, ShopHistory, Visits, write_features
from benchmarks.stack import running
from deploy.stack.settings import ROOT, StackSettings
from feature_repo.store import open_store
from flink_jobs.settings import JobSettings
from ingestion.errors import ShopstreamError
from ingestion.simulator.probability import TrueProbability
from training import dataset
from training.fitting import probabilities
from training.settings import TrainingSettings
from training.tasks import task_named

NAME = "training"
SHARE_OF_TRUTH = 0.95
TRUTH = {
    "purchase_24h": Shop(users=2_000, visits_a_day=6, days=12),
    "churn_30d": Shop(users=2_000, visits_a_day=1, days=150),
}
"""What can be known of a visitor lies in its last day, so these come often."""
NEWEST = {"purchase_24h": 9 * 144, "churn_30d": 30}
"""Cut-offs that are used: at earlier ones a shop that has just opened knows nobody for long."""
MANY = Shop(users=100_000, visits_a_day=0.025, days=130)
CUTOFFS = 3
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class AgainstTruth:
    """ROC AUC on the test rows whose visitor the simulation knows."""

    task: str
    rows: int
    positives: int
    model: float
    truth: float
    recency: float
    best: str
    report: dict[str, Any]


@dataclass(frozen=True, slots=True)
class AtScale:
    """What 100,000 users took."""

    users: int
    events: int
    entity_rows: int
    historical_seconds: float
    train_seconds: float
    train_peak_bytes: int
    report: dict[str, Any]


def against_truth(task_name: str, shop: Shop, search: str, tell: Tell) -> AgainstTruth:
    """Train a task on a simulated shop; hold the best model against the simulation's own probabilities."""
    with running("flink", "mlflow") as stack:
        tell(f"{task_name}: simulating")
        history = ShopHistory(shop, stack.home)
        history.write_lake(JobSettings(state=stack.home).events_path)
        tell(f"{task_name}: features")
        write_features(JobSettings(state=stack.home, flink_rest=stack.flink_rest))
        tell(f"{task_name}: training")
        report, _, _ = _train(stack, task_name, search, NEWEST[task_name])
        settings = TrainingSettings(state=stack.home, mlflow=stack.mlflow)
        task = task_named(task_name)
        test = dataset.build(task, settings, open_store(settings), NEWEST[task_name]).test
        mlflow.set_tracking_uri(stack.mlflow)
        model = mlflow.sklearn.load_model(f"models:/{task_name}/{report['version']}")
        tell(f"{task_name}: the truth")
        known, true = _true_probabilities(history, task_name, test.users, test.cutoffs)
    labels = test.labels.to_numpy()[known]
    return AgainstTruth(
        task=task_name,
        rows=len(labels),
        positives=int(labels.sum()),
        model=float(roc_auc_score(labels, probabilities(model, test.inputs)[known])),
        truth=float(roc_auc_score(labels, true)),
        recency=float(roc_auc_score(labels, test.inputs["recency_hours"].to_numpy()[known])),
        best=report["best"],
        report=report,
    )


def _true_probabilities(
    history: ShopHistory, task: str, users: "pd.Series[str]", cutoffs: "pd.Series[pd.Timestamp]"
) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Which rows are of a visitor that the truth knows, and the probabilities of those."""
    visitors = history.truth.users()
    known = users.isin(list(visitors)).to_numpy()
    asked = pd.DataFrame({"user": users[known], "moment": cutoffs[known], "row": np.arange(known.sum())})
    seen = history.seen([visitors[user]["anonymous_id"] for user in asked["user"].unique()])
    ask = getattr(TrueProbability(history.truth), task)
    true = np.empty(len(asked))
    for user, rows in asked.sort_values("moment").groupby("user"):
        visitor = visitors[str(user)]
        visits = Visits(seen[visitor["anonymous_id"]])
        for row, moment in zip(rows["row"], [at.to_pydatetime() for at in rows["moment"]], strict=True):
            true[row] = ask(visitor, moment, visits.until(moment))
    return known, true


def at_scale(shop: Shop, tell: Tell) -> AtScale:
    """Take the features of all users at some cut-offs, then train churn_30d with a fast search."""
    with running("flink", "mlflow") as stack:
        tell("100,000 users: simulating")
        history = ShopHistory(shop, stack.home)
        events = history.write_lake(JobSettings(state=stack.home).events_path)
        tell("100,000 users: features")
        write_features(JobSettings(state=stack.home, flink_rest=stack.flink_rest))
        settings = TrainingSettings(state=stack.home, mlflow=stack.mlflow)
        store = open_store(settings)
        tell("100,000 users: historical features")
        end = shop.scenario.start + timedelta(days=shop.days - 1)
        moments = [end - timedelta(days=20 * number) for number in range(CUTOFFS)]
        users = sorted(history.truth.users())[: shop.users]
        rows = pd.DataFrame(
            {"user_id": users * CUTOFFS, "cutoff": [moment for moment in moments for _ in users]},
        ).astype({"cutoff": "datetime64[us, UTC]"})
        begun = time.monotonic()
        dataset.features_as_of(task_named("churn_30d"), store, rows)
        historical = time.monotonic() - begun
        tell("100,000 users: training")
        report, seconds, peak = _train(stack, "churn_30d", "fast")
    return AtScale(len(users), events, len(rows), historical, seconds, peak, report)


def _train(
    stack: StackSettings, task: str, search: str, newest: int | None = None
) -> tuple[dict[str, Any], float, int]:
    """The report of ``shopstream train``, how long it took, and the most memory it had, in bytes."""
    begun = time.monotonic()
    line = [sys.executable, "-m", "deploy.cli", "train", task, "--search", search, "--json"]
    line += ["--cutoffs", str(newest)] if newest else []
    environment = {**os.environ, **stack.environment()}
    output = stack.home / "report.json"
    with output.open("wb") as file:
        process = subprocess.Popen(line, cwd=ROOT, env=environment, stdout=file)  # noqa: S603 (our own command)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise ShopstreamError(f"`shopstream train {task}` failed; what it said is above.")
    return json.loads(output.read_bytes()), time.monotonic() - begun, usage.ru_maxrss * 1024


def report(found: list[AgainstTruth], scale: AtScale | None) -> Report:
    """Return the figures with their goals."""
    results = []
    for one in found:
        results += [
            Result(
                f"{one.task}: AUC over that of the true probabilities",
                one.model / one.truth,
                "",
                at_least=SHARE_OF_TRUTH,
                note=f"{one.model:.4f} / {one.truth:.4f}, {one.best}, {one.rows:,} test rows, {one.positives:,} true",
            ),
            Result(f"{one.task}: AUC by recency alone", max(one.recency, 1 - one.recency), ""),
        ]
    if scale:
        many = f"{scale.users:,} users"
        results += [
            Result(f"features as of {CUTOFFS} cut-offs, {many}", scale.historical_seconds, "s", at_most=60),
            Result(f"train churn_30d --search fast, {many}", scale.train_seconds / 60, "min", at_most=10),
            Result(f"memory of it, {many}", scale.train_peak_bytes / 2**20, "MiB", at_most=4096),
        ]
    details = {"truth": [asdict(one) for one in found], "scale": asdict(scale) if scale else None}
    return Report(NAME, results, details)


@click.command()
@click.option("--task", "tasks", multiple=True, type=click.Choice(list(TRUTH)), help="Only these against the truth.")
@click.option("--search", default="none", show_default=True, type=click.Choice(["none", "fast"]), help="Against truth.")
@click.option("--no-scale", is_flag=True, help="Leave out the 100,000 users.")
@click.option("--only-scale", is_flag=True, help="Only the 100,000 users.")
@click.option("--seed", default=1, show_default=True, help="Of the simulated shops.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def main(tasks: tuple[str, ...], search: str, no_scale: bool, only_scale: bool, seed: int, as_json: bool) -> None:
    """Train both tasks on simulated shops, and hold the best model against the simulation's own probabilities.

    No model can be better than those, save by chance. Then the features of 100,000 users as of three cut-offs, and a
    whole training of churn_30d on them with a fast search, in a process of its own.

    \b
    Examples:
      python -m benchmarks.training
      python -m benchmarks.training --task purchase_24h --no-scale --seed 5
    """
    with Progress(console=Console(stderr=True), transient=True) as progress:
        shown = progress.add_task("", total=None)

        def tell(step: str) -> None:
            progress.update(shown, description=step)

        chosen = [] if only_scale else list(tasks or TRUTH)
        found = [against_truth(task, _seeded(TRUTH[task], seed), search, tell) for task in chosen]
        scale = None if no_scale else at_scale(_seeded(MANY, seed), tell)
    report(found, scale).show(as_json)


def _seeded(shop: Shop, seed: int) -> Shop:
    return Shop(shop.users, shop.visits_a_day, shop.days, seed)


if __name__ == "__main__":
    command.run(main)
