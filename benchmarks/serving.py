"""The scorer, side by side with ``mlflow models serve``: ``python -m benchmarks.serving --help``."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import httpx
import mlflow
import numpy as np
import orjson
import pandas as pd
from mlflow import MlflowClient
from mlflow.models import infer_signature
from rich.console import Console
from rich.progress import Progress

from benchmarks import command
from benchmarks.hey import Calls, calls, steady
from benchmarks.result import Report, Result
from benchmarks.stack import running
from benchmarks.usage import cpu_seconds, peak_bytes
from deploy.stack.address import free_ports
from deploy.stack.run import Run
from deploy.stack.settings import ROOT, StackSettings
from feature_repo.settings import FeatureStoreSettings
from feature_repo.store import open_store
from flink_jobs.features.schema import USER_FEATURES
from ingestion import topic_admin
from ingestion.errors import ShopstreamError
from serving.settings import DEFAULT_LOCAL_KEY
from training.models import CANDIDATES
from training.tracking import pinned
from training.vector import COLUMNS

NAME = "serving"
MODEL = "purchase_24h"
RATE = 500
KINDS = tuple(candidate.name for candidate in CANDIDATES)
USERS = 1_000
_KEY = (f"X-API-Key: {DEFAULT_LOCAL_KEY}",)


def register(stack: StackSettings, kind: str) -> None:
    """Make a model of this kind champion; fitted to made-up rows, for what it says plays no part."""
    candidate = next(one for one in CANDIDATES if one.name == kind)
    rng = np.random.default_rng(5)
    inputs = pd.DataFrame(rng.gamma(1, 3, (20_000, len(COLUMNS))), columns=COLUMNS)
    labels = rng.random(len(inputs)) < 1 / (1 + np.exp(-(inputs["cart_additions_1h"] - 4)))
    pipeline = candidate.make(5, 2).fit(inputs, labels)
    candidate.threads(pipeline, 1)
    mlflow.set_tracking_uri(stack.mlflow)
    with mlflow.start_run():
        logged = mlflow.sklearn.log_model(
            pipeline,
            name="model",
            serialization_format="skops",
            skops_trusted_types=list(candidate.trusted_types),
            pyfunc_predict_fn="predict_proba",
            signature=infer_signature(inputs.head(5), pipeline.predict_proba(inputs.head(5))),
            input_example=inputs.head(5),
            pip_requirements=pinned(candidate.packages),
        )
    version = mlflow.register_model(logged.model_uri, MODEL).version
    MlflowClient(stack.mlflow).set_registered_model_alias(MODEL, "champion", version)


def write_users(stack: StackSettings) -> None:
    """Give every user a row in the online store."""
    now = datetime.now(UTC).replace(microsecond=0)
    values: dict[str, Any] = {"int64": 7, "double": 12.5, "timestamp": now - timedelta(hours=3)}
    rows = pd.DataFrame(
        {"user_id": [f"user_{number}" for number in range(USERS)], "event_timestamp": now, "created_timestamp": now}
        | {feature.name: values[feature.type] for feature in USER_FEATURES}
    )
    store = open_store(FeatureStoreSettings(state=stack.home, redis=stack.redis))
    store.push("user_feature_push", rows)


def wait_until_ready(url: str, path: str, seconds: float = 180) -> None:
    """Wait until ``path`` answers 200; ShopstreamError when it takes longer."""
    deadline = time.monotonic() + seconds
    with httpx.Client(base_url=url, timeout=5, trust_env=False) as client:
        while True:
            with contextlib.suppress(httpx.TransportError):
                if client.get(path).status_code == 200:
                    return
            if time.monotonic() > deadline:
                raise ShopstreamError(f"{url}{path} is not ready after {seconds:.0f} s.")
            time.sleep(0.2)


@contextlib.contextmanager
def mlflow_serving(stack: StackSettings) -> Iterator[str]:
    """``mlflow models serve`` of the champion, in this environment, one worker; gives the address of its calls."""
    (port,) = free_ports(1)
    line = [sys.executable, "-m", "mlflow", "models", "serve", "-m", f"models:/{MODEL}@champion"]
    line += ["--env-manager", "local", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    with (stack.logs / "mlflow-serve.log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 (our own command)
            line, cwd=ROOT, stdout=log, stderr=log, start_new_session=True,
            env={**_plain_environment(), "MLFLOW_TRACKING_URI": stack.mlflow},
        )  # fmt: skip
    try:
        try:
            wait_until_ready(f"http://127.0.0.1:{port}", "/ping")
        except ShopstreamError as error:
            said = (stack.logs / "mlflow-serve.log").read_text().strip().splitlines()
            raise ShopstreamError(
                f"mlflow models serve does not start: {said[-1] if said else 'it says nothing'}"
            ) from error
        yield f"http://127.0.0.1:{port}/invocations"
    finally:
        process.terminate()
        process.wait(30)


def _plain_environment() -> dict[str, str]:
    # MLflow starts uvicorn by its name.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true", "PATH": path}


def measure(kind: str, seconds: float, soak_seconds: float, progress: Progress) -> dict[str, Any]:
    """Run everything for one kind of model; each part begins with calls that do not count."""
    one = '{"user_id": "user_7"}'
    many = orjson.dumps({"user_ids": [f"user_{number}" for number in range(USERS)]}).decode()
    row = dict.fromkeys(COLUMNS, 3.0)
    given = orjson.dumps({"dataframe_split": {"columns": list(COLUMNS), "data": [list(row.values())]}}).decode()
    task = progress.add_task(kind, total=6)
    with running("kafka", "valkey", "mlflow", "scorer") as stack:
        topic_admin.apply(stack.kafka_bootstrap)
        register(stack, kind)
        write_users(stack)
        url = f"http://{stack.scorer}"
        wait_until_ready(url, "/readyz")
        progress.advance(task)
        score, batch = f"{url}/v1/score", f"{url}/v1/score/batch"
        calls(score, one, 5, 4, headers=_KEY)
        scorer = Run(stack, "scorer").leader
        assert scorer  # noqa: S101 (it was started above)
        used = cpu_seconds(scorer.pid)
        at_rate = steady(score, one, seconds, RATE, _KEY)
        used = cpu_seconds(scorer.pid) - used
        progress.advance(task)
        fastest = calls(score, one, seconds, 4, headers=_KEY)
        progress.advance(task)
        calls(batch, many, 3, 1, headers=_KEY)
        thousand = calls(batch, many, seconds / 2, 1, headers=_KEY)
        progress.advance(task)
        with mlflow_serving(stack) as other:
            calls(other, given, 5, 4)
            theirs = calls(other, given, seconds, 4)
        progress.advance(task)
        before = peak_bytes(scorer.pid)
        soak = steady(score, one, soak_seconds, RATE, _KEY) if soak_seconds else None
        after = peak_bytes(scorer.pid)
        progress.advance(task)
    return {
        "kind": kind,
        "steady": at_rate,
        "cpu_ms": 1000 * used / len(at_rate.milliseconds),
        "fastest": fastest,
        "batch": thousand,
        "mlflow": theirs,
        "soak": soak,
        "memory": (before, after),
    }


def report(found: dict[str, Any]) -> list[Result]:
    """Return the figures of one kind of model."""
    kind: str = found["kind"]
    at_rate: Calls = found["steady"]
    fastest: Calls = found["fastest"]
    theirs: Calls = found["mlflow"]
    batch: Calls = found["batch"]
    soak: Calls | None = found["soak"]
    failed = sum(one.failed for one in (at_rate, fastest, batch, *([soak] if soak else [])))
    results = [
        Result(f"{kind}: one user at {RATE} calls/s, median", at_rate.percentile(50), "ms", at_most=1.5),
        Result(f"{kind}: one user at {RATE} calls/s, 99th percentile", at_rate.percentile(99), "ms", at_most=5),
        Result(f"{kind}: calls a second reached", at_rate.per_second, "calls/s", at_least=0.98 * RATE),
        Result(f"{kind}: processor time of the scorer", found["cpu_ms"], "ms/call", note="at the same rate"),
        Result(f"{kind}: as fast as it goes, 4 at a time", fastest.per_second, "calls/s"),
        Result(f"{kind}: mlflow models serve, features given", theirs.per_second, "calls/s"),
        Result(f"{kind}: calls a second over mlflow's", fastest.per_second / theirs.per_second, "times", at_least=8),
        Result(f"{kind}: {USERS} users in a call, median", batch.percentile(50), "ms", at_most=60),
        Result(f"{kind}: calls not answered 200", float(failed), "calls", at_most=0),
        Result(f"{kind}: of mlflow's, not answered 200", float(theirs.failed), "calls"),
    ]
    if soak:
        third = len(soak.milliseconds) // 3
        first, last = np.median(soak.milliseconds[:third]), np.median(soak.milliseconds[-third:])
        grown = (found["memory"][1] - found["memory"][0]) / 2**20
        results += [
            Result(f"{kind}: soak, last third's median over the first's", float(last / first), "times", at_most=1.2),
            Result(f"{kind}: soak, memory grown", grown, "MiB", at_most=50),
        ]
    return results


@click.command()
@click.option("--model", "kinds", multiple=True, type=click.Choice(KINDS), help="Kinds of models. Default: lightgbm.")
@click.option("--seconds", default=30.0, show_default=True, type=click.FloatRange(min=3), help="Length of each part.")
@click.option(
    "--soak-seconds", default=0.0, show_default=True, help="Length of a soak at the steady rate; 600 is ten minutes."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def main(kinds: tuple[str, ...], seconds: float, soak_seconds: float, as_json: bool) -> None:
    """Call the scorer over HTTP with everything on: keys, log, metrics, features from Valkey through Feast.

    One worker; the load generator hey shares the two processors. ``mlflow models serve`` of the same model gets its
    features in the call and need not fetch any.

    \b
    Examples:
      python -m benchmarks.serving
      python -m benchmarks.serving --model xgboost --soak-seconds 600 --json
    """
    results: list[Result] = []
    with Progress(console=Console(stderr=True), transient=True) as progress:
        for kind in kinds or ("lightgbm",):
            results += report(measure(kind, seconds, soak_seconds, progress))
    Report(NAME, results).show(as_json)


if __name__ == "__main__":
    command.run(main)
