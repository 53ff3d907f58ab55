"""A shop under load whose parts are killed: the stack, its supervisor, one job, and rounds of traffic with faults."""

import contextlib
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from deploy.stack.flink_conf import flink_environment
from deploy.stack.settings import ROOT, StackSettings
from deploy.stack.stack import Stack
from flink_jobs.cluster import MAIN
from ingestion import topic_admin
from serving.settings import DEFAULT_LOCAL_KEY
from tests.chaos.faults import Faults
from tests.chaos.proxy import Proxy
from tests.exactness.arrivals import Arrivals
from tests.exactness.system import System
from tests.job_settings import job_settings

PARTS = ("kafka", "valkey", "flink", "scorer")
RATE = float(os.environ.get("SHOPSTREAM_CHAOS_RATE", "100"))
"""Clean events a second."""

_USERS = 1000
_AFTERWARDS = 1_000_000
"""Added to the seed of the traffic that follows the last fault."""

_DISK_MIB = 256


@dataclass
class Round:
    """What was done to the shop while traffic ran, and how long it took to work again."""

    seed: int
    faults: list[str] = field(default_factory=list)
    recovered: list[float] = field(default_factory=list)
    """Seconds from the end of each fault until all works: the end of the first checkpoint that began after it, and an
    answer of the scorer with a user's features."""


class Shop:
    """A running shop; the traffic of all rounds so far is in ``arrivals()``."""

    def __init__(self, system: System, faults: Faults, folder: Path, job: str, variables: dict[str, str]) -> None:
        self.system = system
        self._faults = faults
        self._folder = folder
        self._variables = variables
        self._job = job
        self._lines = 0
        self._output, self._truth = folder / "all.jsonl", folder / "all.truth.jsonl"

    def arrivals(self) -> Arrivals:
        """Return everything that was sent, judged by the simulations' ground truth."""
        return Arrivals(self._output, self._truth)

    def round(
        self,
        seed: int,
        seconds: int,
        faults: Sequence[str] | int,
        has_checkpoints: bool = True,
        poison: float = 0.01,
    ) -> Round:
        """Send ``seconds`` of traffic in real time while these faults happen, or so many that ``seed`` chooses.

        After each it waits for the first checkpoint, unless there is none to wait for, and for the scorer, for at most
        three minutes.
        ``poison`` is the share of records that are no events.
        """
        chance = random.Random(seed)
        known = self._faults.all()
        chosen = [chance.choice(sorted(known)) for _ in range(faults)] if isinstance(faults, int) else list(faults)
        report = Round(seed)
        with self._traffic(seed, seconds, poison):
            for name in chosen:
                time.sleep(chance.uniform(3, seconds / (len(chosen) + 1)))
                known[name]()
                over = time.time()
                report.faults.append(name)
                if has_checkpoints:
                    report.recovered.append(max(self._recovery(over), self._scorer_is_back(over)))
        # A job that starts again while the shop sleeps knows no time until the next event: docs/adr/0003-event-time.md
        with self._traffic(seed + _AFTERWARDS, 10, poison):
            pass
        return report

    @contextlib.contextmanager
    def _traffic(self, seed: int, seconds: int, poison: float) -> Iterator[None]:
        """Send so much traffic in real time; the block ends when all of it is sent."""
        start = datetime.now(UTC).replace(microsecond=0)
        options = ["simulate", "--users", str(_USERS), "--rate", str(RATE), "--duration", f"{seconds}s", "--flat"]
        options += ["--no-users", "--anomalies", "0", "--seed", str(seed), "--start", start.isoformat()]
        options += ["--poison", str(poison)]
        written, truth = self._folder / f"{seed}.jsonl", self._folder / f"{seed}.truth.jsonl"
        # The same seed and start give the same bytes: one copy to know what was sent, one to send.
        self.system.shopstream(*options, "--out", str(written), "--truth", str(truth))
        self._add(written, truth)
        command = [sys.executable, "-m", "deploy.cli", *options, "--truth", str(self._folder / f"{seed}.sent.jsonl")]
        log = self._folder / f"{seed}.log"
        with log.open("wb") as output:
            sender = subprocess.Popen(command, cwd=ROOT, env=self._variables, stdout=output, stderr=output)
        try:
            yield
            assert sender.wait(seconds + 180) == 0, log.read_text()
        finally:
            sender.kill()
            sender.wait()

    def _scorer_is_back(self, over: float, longest: float = 180) -> float:
        """Wait until the scorer answers; 0 when it does at once."""
        address, begun = self.system.settings.scorer, time.time()
        with httpx.Client(base_url=f"http://{address}", headers={"X-API-Key": DEFAULT_LOCAL_KEY}, timeout=3) as scorer:
            while time.time() < begun + longest:
                asked = time.time()
                with contextlib.suppress(httpx.HTTPError):
                    if scorer.get("/v1/features/user_00001").status_code == 200:
                        return asked - over if asked > begun + 1 else 0
                time.sleep(0.25)
        raise AssertionError(f"the scorer has not answered for {longest:.0f} s after a fault")

    def _recovery(self, over: float, longest: float = 180) -> float:
        """Wait for a checkpoint; one is asked for as soon as every task runs, not to wait for the next regular one."""
        deadline = time.monotonic() + longest
        # By then a process that is gone has been missed, and Flink's answers are no older.
        ask = over + 5
        with httpx.Client(base_url=f"http://{self.system.settings.flink_rest}", timeout=3) as rest:
            while time.monotonic() < deadline:
                with contextlib.suppress(httpx.HTTPError, KeyError, ValueError):
                    found = rest.get(f"/jobs/{self._job}/checkpoints").raise_for_status().json()
                    newest = found["latest"]["completed"] or {"trigger_timestamp": 0}
                    if newest["trigger_timestamp"] / 1000 > over:
                        return float(newest["latest_ack_timestamp"] / 1000 - over)
                    if time.time() > ask and self._all_tasks_run(rest):
                        rest.post(f"/jobs/{self._job}/checkpoints", json={"checkpointType": "CONFIGURED"})
                        ask = time.time() + 5
                time.sleep(0.25)
        raise AssertionError(f"no checkpoint within {longest:.0f} s after a fault: the shop does not work again")

    def _all_tasks_run(self, rest: httpx.Client) -> bool:
        job = rest.get(f"/jobs/{self._job}").raise_for_status().json()
        return job["state"] == "RUNNING" and {vertex["status"] for vertex in job["vertices"]} == {"RUNNING"}

    def _add(self, output: Path, truth: Path) -> None:
        """Append a simulation to what was sent before; its ground truth counts lines from its own first."""
        with output.open("rb") as lines, self._output.open("ab") as all_lines:
            count = sum(all_lines.write(line) > 0 for line in lines)
        header, *notes = truth.read_text().splitlines()
        is_first = not self._truth.exists()
        with self._truth.open("a") as all_truth:
            if is_first:
                all_truth.write(f"{header}\n")
            for note in map(json.loads, notes):
                moved = {**note, "line": note["line"] + self._lines} if "line" in note else note
                all_truth.write(f"{json.dumps(moved)}\n")
        self._lines += count


@contextlib.contextmanager
def running_shop(folder: Path, results: Sequence[str] = (), main: Path = MAIN, **settings: Any) -> Iterator[Shop]:
    """Start the stack, its supervisor and a job whose store is behind a proxy; stop everything at the end."""
    stack_settings = StackSettings.on_free_ports(folder / "state", high_availability=True)
    variables = _variables(stack_settings)
    stack = Stack(stack_settings, PARTS)
    with Proxy(stack_settings.redis) as proxy, _small_disk(stack_settings.home / "flink" / "checkpoints") as disk:
        stack.up()
        try:
            topic_admin.apply(stack_settings.kafka_bootstrap)
            system = System(stack_settings)
            # A broker that is away must not make events late: they come up to 9.5 minutes late, 10 are allowed.
            values = {"checkpoint_seconds": 5, "silence_seconds": 25, **settings}
            job = job_settings(stack_settings.model_copy(update={"redis": proxy.address}), **values)
            job_id = system.cluster.run(main, results, job, job.consumer_group)
            system.cluster.wait_until_running(job_id, 300)
            with _supervisor(variables, folder / "supervisor.log"):
                yield Shop(system, Faults(stack_settings, proxy, disk), folder, job_id, variables)
        finally:
            stack.down()


def _variables(settings: StackSettings) -> dict[str, str]:
    values = {f"SHOPSTREAM_{name.upper()}": str(value) for name, value in settings if value is not None}
    return {**os.environ, **values, **flink_environment(settings)}


@contextlib.contextmanager
def _supervisor(variables: dict[str, str], log: Path) -> Iterator[None]:
    with log.open("wb") as output:
        command = [sys.executable, "-m", "deploy.cli", "supervise", *PARTS]
        child = subprocess.Popen(command, cwd=ROOT, env=variables, stdout=output, stderr=output)
    try:
        yield
        assert child.poll() is None, log.read_text()
    finally:
        child.terminate()
        child.wait(150)


@contextlib.contextmanager
def _small_disk(folder: Path) -> Iterator[Path | None]:
    """A file system of its own that is soon full; None where this user, or anybody in this container, may not mount."""
    folder.mkdir(parents=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={_DISK_MIB}m", "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        yield None
        return
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
