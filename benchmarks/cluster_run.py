"""One run of the product's job on a Flink cluster of its own, until it has worked off a backlog."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx

from benchmarks.backlog import Backlog
from benchmarks.usage import cpu_seconds, peak_bytes
from deploy.stack.flink_conf import flink_environment
from deploy.stack.run import Run
from deploy.stack.settings import ROOT, StackSettings
from deploy.stack.stack import Stack
from flink_jobs.cluster import Cluster
from flink_jobs.results import Selection
from ingestion.errors import ShopstreamError

_JOB = Path(__file__).with_name("pipeline_job.py")


@dataclass(frozen=True, slots=True)
class Measured:
    """What one run took. Processor time is user and system time of the TaskManager."""

    records: int
    seconds: float
    """From the moment every task runs to the end of the checkpoint that holds the last record."""

    cpu_seconds: float
    peak_bytes: int
    """Most resident memory of the TaskManager's JVM at once."""

    state_bytes: int
    """Size of the whole state in the last checkpoint."""

    heap_limit_bytes: int
    """The heap that the TaskManager's JVM may take at most (-Xmx)."""

    heap_used_bytes: int
    """What of it was in use at the end, garbage included."""

    checkpoints: int
    longest_checkpoint_seconds: float
    state_backend: str


class ClusterRun:
    """A new Flink cluster for one job; Kafka and Valkey run already, at the addresses of the settings."""

    def __init__(self, settings: StackSettings, environment: Mapping[str, str], options: Mapping[str, str]) -> None:
        """``environment``: settings of the job (``SHOPSTREAM_CONSUMER_GROUP`` and those of pipeline_job.py among them);
        ``options``: Flink's options of the job."""
        self._settings = settings
        self._environment = {**environment, "BENCHMARK_OPTIONS": json.dumps(dict(options))}
        self._http = httpx.Client(base_url=f"http://{settings.flink_rest}", timeout=30)

    def work_off(self, backlog: Backlog, progress: Callable[[int], None], seconds: float = 1800) -> Measured:
        """Start the cluster, submit the job, wait for it, stop the cluster.

        Raises ShopstreamError when the job cannot be submitted, fails, or takes longer than ``seconds``.
        """
        stack = Stack(self._settings, ["flink"])
        stack.up()
        try:
            leader = Run(self._settings, "flink-taskmanager").leader
            if leader is None:
                raise ShopstreamError(f"Flink's TaskManager has ended: see {self._settings.logs}.")
            java = leader.pid
            before = cpu_seconds(java)
            job = self._submit()
            start = time.monotonic()
            self._wait(job, backlog, progress, start + seconds)
            lasted = time.monotonic() - start
            checkpoints = self._http.get(f"/jobs/{job}/checkpoints").raise_for_status().json()
            durations = [one["end_to_end_duration"] for one in checkpoints["history"] if one["status"] == "COMPLETED"]
            config = self._http.get(f"/jobs/{job}/checkpoints/config").raise_for_status().json()
            return Measured(
                backlog.records,
                lasted,
                cpu_seconds(java) - before,
                peak_bytes(java),
                checkpoints["latest"]["completed"]["state_size"],
                self._heap("Max"),
                self._heap("Used"),
                checkpoints["counts"]["completed"],
                max(durations) / 1000,
                config["state_backend"],
            )
        finally:
            stack.down()

    def _heap(self, what: str) -> int:
        metric = f"Status.JVM.Memory.Heap.{what}"
        (member,) = self._http.get("/taskmanagers").raise_for_status().json()["taskmanagers"]
        (found,) = self._http.get(f"/taskmanagers/{member['id']}/metrics", params={"get": metric}).json()
        return int(found["value"])

    def _submit(self) -> str:
        """Submit the job and return its id once every task runs."""
        variables = {
            **os.environ,
            **self._settings.environment(),
            **flink_environment(self._settings),
            **self._environment,
            "PYTHONPATH": str(ROOT),
        }
        command = ["bash", f"{variables['FLINK_HOME']}/bin/flink", "run", "-d", "-m", self._settings.flink_rest]
        command += ["-pyclientexec", sys.executable, "-py", str(_JOB)]
        done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)  # noqa: S603 (ours)
        submitted = re.search(r"JobID ([0-9a-f]{32})", done.stdout)
        if done.returncode or not submitted:
            text = done.stdout + done.stderr
            reasons = re.findall(r"ShopstreamError: (.*)", text) or re.findall(r"^Caused by: (.*)", text, re.MULTILINE)
            raise ShopstreamError(f"`flink run` failed: {(reasons or ['no reason given'])[-1]}")
        Cluster(self._settings.flink_rest).wait_until_running(submitted[1])
        return submitted[1]

    def _wait(self, job: str, backlog: Backlog, progress: Callable[[int], None], deadline: float) -> None:
        """Return when a checkpoint holds all; near the end, ask for checkpoints beside the regular ones."""
        selection = Selection.of(self._environment.get("BENCHMARK_JOB", "").split())
        group = selection.job_name(self._environment["SHOPSTREAM_CONSUMER_GROUP"])
        last = time.monotonic()
        done, rate = 0, 0.0
        while True:
            found = backlog.done(group)
            now = time.monotonic()
            if found > done:
                # Of the last checkpoint alone: the job becomes faster as its code is compiled.
                rate = (found - done) / (now - last)
                done, last = found, now
                progress(done)
            if done >= backlog.records:
                return
            state = self._http.get(f"/jobs/{job}").raise_for_status().json()
            history = self._http.get(f"/jobs/{job}/exceptions").raise_for_status().json()["exceptionHistory"]
            if state["state"] != "RUNNING" or history["entries"]:
                reasons = [entry["stacktrace"].splitlines()[0] for entry in history["entries"]]
                raise ShopstreamError(f"The job is {state['state']} and failed: {(reasons or ['no reason given'])[0]}")
            if now > deadline:
                raise ShopstreamError(f"The job has worked off {done:,} of {backlog.records:,} records; giving up.")
            if rate and now - last > 1 and done + rate * (now - last) >= backlog.records:
                self._checkpoint(job)
            else:
                time.sleep(0.2)

    def _checkpoint(self, job: str) -> None:
        """Take a checkpoint now, and wait for it; when the cluster refuses, for another one runs, do nothing."""
        asked = self._http.post(f"/jobs/{job}/checkpoints", json={"checkpointType": "CONFIGURED"}).raise_for_status()
        request = asked.json()["request-id"]
        while self._http.get(f"/jobs/{job}/checkpoints/{request}").json()["status"]["id"] != "COMPLETED":
            time.sleep(0.1)
        time.sleep(0.2)
