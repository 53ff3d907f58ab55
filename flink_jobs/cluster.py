"""A running Flink cluster: its jobs, and how one is submitted and stopped."""

import importlib.util
import os
import re
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from flink_jobs import client
from flink_jobs.results import Selection
from flink_jobs.settings import JobSettings
from flink_jobs.snapshots import Snapshots
from ingestion.errors import ShopstreamError

MAIN = Path(__file__).with_name("main.py")
_SUBMITTED = re.compile(r"JobID ([0-9a-f]{32})")
_ENDED = {"FAILED", "CANCELED", "FINISHED"}


@dataclass(frozen=True, slots=True)
class Job:
    """One job of the cluster."""

    id: str
    name: str
    state: str
    seconds: float
    """How long it has run, or ran."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One failure of a job: when (UTC), in which task, and the stack trace."""

    at: datetime
    task: str | None
    trace: str

    @property
    def cause(self) -> str:
        """The innermost reason, one line."""
        causes = [line for line in self.trace.splitlines() if line.startswith("Caused by: ")]
        return causes[-1].removeprefix("Caused by: ") if causes else self.trace.partition("\n")[0]


class Cluster:
    """The cluster behind a REST address, ``host:port``. Every call raises ShopstreamError when it is away."""

    def __init__(self, rest: str) -> None:
        self._rest = rest
        self._http = httpx.Client(base_url=f"http://{rest}", timeout=10)

    def jobs(self) -> list[Job]:
        """Return the cluster's jobs, newest first."""
        found = self._get("/jobs/overview")["jobs"]
        found.sort(key=lambda job: -job["start-time"])
        return [Job(job["jid"], job["name"], job["state"], job["duration"] / 1000) for job in found]

    def submit(
        self,
        settings: JobSettings,
        selection: Selection | None = None,
        savepoint: str | None = None,
        drops_unknown: bool = False,
    ) -> str:
        """Submit the job of ``flink_jobs.main`` with ``flink run``; return its id once every task runs.

        ``selection``: all results by default. ``settings.state`` is the local stack's folder; when the cluster is the
        stack's, the job's checkpoints go to a folder of its name there. Another has a configuration of its own.
        ``drops_unknown``: state of the savepoint that the job has no operator for is left behind, instead of an error.

        Raises ShopstreamError when a job runs already that has one of the results, or Flink refuses the new one.
        """
        selection = selection or Selection()
        name = selection.job_name(settings.consumer_group)
        self._check_free(selection, settings.consumer_group)
        job = self.run(MAIN, selection.results, settings, name, savepoint, drops_unknown)
        self.wait_until_running(job)
        return job

    def run(
        self,
        main: Path,
        arguments: Sequence[str],
        settings: JobSettings,
        checkpoints_of: str | None = None,
        savepoint: str | None = None,
        drops_unknown: bool = False,
    ) -> str:
        """Submit the Python file ``main`` with ``flink run``; return the job's id.

        ``checkpoints_of``: name of the job in whose folder its checkpoints go. ``drops_unknown``: as above.

        Raises ShopstreamError when Flink refuses it.
        """
        state, home = settings.state.absolute(), _flink_home()
        logs = state / "logs"
        logs.mkdir(parents=True, exist_ok=True)
        variables = {**os.environ, **settings.environment(), "FLINK_HOME": str(home), "FLINK_LOG_DIR": str(logs)}
        checkpoints = Snapshots(state, checkpoints_of or "", self._rest).checkpoints
        if checkpoints:
            variables["FLINK_CONF_DIR"] = str(state / "flink" / "conf")
        # The job's code need not be installed for the client to find it.
        variables["PYTHONPATH"] = os.pathsep.join(filter(None, [str(MAIN.parents[1]), variables.get("PYTHONPATH", "")]))
        command = ["bash", str(home / "bin" / "flink"), "run", "-d", "-m", self._rest]
        if checkpoints_of and checkpoints:
            command += [f"-Dexecution.checkpointing.dir={checkpoints}"]
        command += ["-pyclientexec", sys.executable]
        command += ["-s", savepoint] if savepoint else []
        command += ["-n"] if savepoint and drops_unknown else []
        command += ["-py", str(main), *arguments]
        done = client.run(command, variables)
        log = logs / "submit.log"
        log.write_text(done.stdout + done.stderr)
        submitted = _SUBMITTED.search(done.stdout)
        if done.returncode or not submitted:
            reason = [line for line in log.read_text().splitlines() if "Caused by" in line or "Error" in line]
            raise ShopstreamError(
                f"`flink run` failed{': ' + reason[-1].strip() if reason else ''}; the whole output is in {log}."
            )
        return submitted[1]

    def newest_snapshot(self, name: str) -> str | None:
        """Return the newest savepoint or retained checkpoint of the last job of this name that the cluster remembers.

        None without one: a cluster forgets jobs that have ended, after an hour unless it is told otherwise.
        """
        for job in self.jobs():
            if job.name == name:
                latest = self._get(f"/jobs/{job.id}/checkpoints")["latest"]
                done = [one for one in (latest["savepoint"], latest["completed"]) if one and not one["discarded"]]
                newest = max(done, key=lambda one: int(one["id"]), default=None)
                return str(newest["external_path"]) if newest else None
        return None

    def live_jobs(self) -> list[Job]:
        """Return the jobs that have not ended."""
        return [job for job in self.jobs() if job.state not in _ENDED]

    def sharing(self, selection: Selection, group: str) -> tuple[Job, list[str]] | None:
        """Return a job of the group that has some of the results and has not ended, and which; None without one."""
        for job in self.live_jobs():
            other = Selection.of_job(job.name, group)
            if other and (both := selection & other):
                return job, sorted(both)
        return None

    def _check_free(self, selection: Selection, group: str) -> None:
        if found := self.sharing(selection, group):
            job, both = found
            raise ShopstreamError(
                f"The job {job.id} ({job.name}) runs already and has {', '.join(both)}: stop it first with"
                f" `shopstream jobs stop {job.id}`."
            )

    def wait_until_running(self, job: str, seconds: float = 120) -> None:
        """Wait until every task of the job runs; ShopstreamError when it ends or takes longer."""
        deadline = time.monotonic() + seconds
        while True:
            detail = self._get(f"/jobs/{job}")
            if detail["state"] in _ENDED:
                raise ShopstreamError(f"The job {job} is {detail['state']}; see http://{self._rest}/#/job/{job}.")
            if all(vertex["status"] == "RUNNING" for vertex in detail["vertices"]):
                return
            if time.monotonic() > deadline:
                raise ShopstreamError(f"The job {job} does not run after {seconds:.0f} s; see its page in Flink's UI.")
            time.sleep(0.3)

    def wait_until_finished(self, job: str, on_read: Callable[[int], None]) -> None:
        """Wait for the end of a bounded job; ``on_read`` gets how many rows its busiest task has read.

        Raises ShopstreamError when it fails, and stops it when the wait is interrupted.
        """
        try:
            while True:
                detail = self._get(f"/jobs/{job}")
                if detail["state"] == "FINISHED":
                    return
                if detail["state"] in _ENDED:
                    failures = self.failures(job)
                    reason = f": {failures[0].trace.splitlines()[0]}" if failures else ""
                    raise ShopstreamError(f"The job {job} is {detail['state']}{reason}; see Flink's log.")
                on_read(max((vertex["metrics"]["read-records"] for vertex in detail["vertices"]), default=0))
                time.sleep(0.3)
        except KeyboardInterrupt:
            self._answer(lambda: self._http.patch(f"/jobs/{job}", params={"mode": "cancel"}))
            raise

    def stop(self, job: Job, state: Path, seconds: float = 120) -> str:
        """Stop a job with a savepoint and return where that lies: of the local stack, in a folder of the job's name."""
        request = self._post(
            f"/jobs/{job.id}/stop",
            {"drain": False, "targetDirectory": Snapshots(state, job.name, self._rest).savepoints},
        )["request-id"]
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            answer = self._get(f"/jobs/{job.id}/savepoints/{request}")
            if answer["status"]["id"] == "COMPLETED":
                operation = answer["operation"]
                if "location" not in operation:
                    raise ShopstreamError(f"The savepoint of job {job.id} failed; the job goes on. See Flink's log.")
                return str(operation["location"])
            time.sleep(0.3)
        raise ShopstreamError(f"The job {job.id} has not stopped after {seconds:.0f} s; it goes on.")

    def failures(self, job: str) -> list[Failure]:
        """Return what a job has failed of, newest first; a job that was restarted goes on all the same."""
        entries = self._get(f"/jobs/{job}/exceptions").get("exceptionHistory", {}).get("entries", [])
        return [
            Failure(datetime.fromtimestamp(entry["timestamp"] / 1000, UTC), entry.get("taskName"), entry["stacktrace"])
            for entry in entries
        ]

    def logs(self) -> dict[str, str]:
        """Return the logs of the cluster's processes by their names, JobManager first; each whole."""
        managers = [found["id"] for found in self._get("/taskmanagers")["taskmanagers"]]
        paths = {"JobManager": "/jobmanager/log"} | {
            f"TaskManager {one}": f"/taskmanagers/{one}/log" for one in managers
        }
        return {name: self._answer(lambda path=path: self._http.get(path), text=True) for name, path in paths.items()}

    def _get(self, path: str) -> Any:
        return self._answer(lambda: self._http.get(path))

    def _post(self, path: str, body: Mapping[str, Any]) -> Any:
        return self._answer(lambda: self._http.post(path, json=body))

    def _answer(self, call: Any, text: bool = False) -> Any:
        try:
            response = call()
        except httpx.TransportError as error:
            raise ShopstreamError(
                f"Flink is not at {self._rest}: start it with `shopstream up`, or set SHOPSTREAM_FLINK_REST."
            ) from error
        if response.is_error:
            raise ShopstreamError(f"Flink at {self._rest} refuses {response.request.url.path}: {response.status_code}.")
        return response.text if text else response.json()


def _flink_home() -> Path:
    found = importlib.util.find_spec("pyflink")
    if found is None or found.origin is None:
        raise ShopstreamError("PyFlink is not installed: run `make setup`.")
    return Path(found.origin).parent
