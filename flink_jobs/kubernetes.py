"""Jobs on Kubernetes: one ``FlinkDeployment`` a job, which Flink's operator runs, restores and upgrades."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import yaml

from flink_jobs.results import RESULTS, Selection
from ingestion.errors import ShopstreamError

OVERLAYS = Path(__file__).resolve().parents[1] / "deploy" / "kubernetes" / "overlays"


def flink_deployment(overlay: Path, selection: Selection, group: str, savepoint: str | None = None) -> dict[str, Any]:
    """Return the overlay's FlinkDeployment, with these results and a name of its own.

    ``savepoint``: a new deployment goes on from this one; the operator keeps to its own ever after. Raises
    ShopstreamError when kubectl is missing, cannot build the overlay, or finds no FlinkDeployment in it.
    """
    rendered = yaml.safe_load_all(_kubectl("kustomize", str(overlay)))
    found = [one for one in rendered if one and one["kind"] == "FlinkDeployment"]
    if len(found) != 1:
        raise ShopstreamError(f"{overlay} has {len(found)} FlinkDeployments: name an overlay that has one.")
    deployment: dict[str, Any] = found[0]
    # A name in Kubernetes has no underscores.
    deployment["metadata"]["name"] = selection.job_name(group).replace("_", "-")
    job = deployment["spec"]["job"]
    if selection.results != RESULTS:
        job["args"] += selection.results
    if savepoint:
        job["initialSavepointPath"] = savepoint
    container = deployment["spec"]["podTemplate"]["spec"]["containers"][0]
    container.setdefault("env", []).append({"name": "SHOPSTREAM_CONSUMER_GROUP", "value": group})
    return deployment


def apply(deployment: dict[str, Any]) -> str:
    """Give it to the cluster of kubectl's current context; return what kubectl says."""
    return _kubectl("apply", "-f", "-", text=yaml.safe_dump(deployment, sort_keys=False)).strip()


def _kubectl(*words: str, text: str | None = None) -> str:
    program = shutil.which("kubectl")
    if program is None:
        raise ShopstreamError("kubectl is not on the PATH: install it, and choose the cluster with its context.")
    done = subprocess.run(  # noqa: S603 (a program of the user's own, on words of ours)
        [program, *words], input=text, capture_output=True, text=True, check=False
    )
    if done.returncode:
        reason = done.stderr.strip().splitlines() or ["no reason given"]
        raise ShopstreamError(f"`kubectl {' '.join(words)}` failed: {reason[-1]}")
    return done.stdout
