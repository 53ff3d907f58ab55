"""The traffic simulator on one core: events a second into a file, ground truth included.

``python -m benchmarks.simulator --help``
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import click
from rich.console import Console
from rich.progress import Progress

from benchmarks.result import Report, Result, Spread
from benchmarks.usage import cpu_seconds, peak_bytes
from deploy.stack.settings import ROOT
from ingestion.interrupt import Stop
from ingestion.simulator.ground_truth import TruthWriter, truth_beside
from ingestion.simulator.output import FileOutput
from ingestion.simulator.scenario import Scenario
from ingestion.simulator.simulation import Simulation

NAME = "simulator"
GOAL = 20_000
_CORE = 0


class Round(NamedTuple):
    """One run: from the first line of the scenario to the last byte of both files."""

    records: int
    seconds: float
    processor_seconds: float
    peak_bytes: int
    file_bytes: int


def write(path: Path, events: int, users: int) -> Round:
    """Write a run with the default disorder and anomalies, in this process, on one core."""
    os.sched_setaffinity(0, {_CORE})
    before, begun = cpu_seconds(os.getpid()), time.monotonic()
    rate = 2000.0
    duration = timedelta(seconds=events / rate)
    scenario = Scenario(users=users, rate=rate, start=datetime.now(UTC) - duration, duration=duration)
    with FileOutput(path) as output, TruthWriter(truth_beside(path)) as truth:
        report = Simulation(scenario).run(output, truth, Stop())
    return Round(
        report.records,
        time.monotonic() - begun,
        cpu_seconds(os.getpid()) - before,
        peak_bytes(os.getpid()),
        path.stat().st_size,
    )


def measure(events: int, users: int, suffix: str) -> Round:
    """Run ``write`` in a process of its own, so that no round profits from the one before."""
    with tempfile.TemporaryDirectory() as folder:
        call = f"write(Path({str(Path(folder) / f'events{suffix}')!r}), {events}, {users})"
        line = (
            f"import json; from pathlib import Path; from benchmarks.simulator import write; print(json.dumps({call}))"
        )
        done = subprocess.run([sys.executable, "-c", line], cwd=ROOT, stdout=subprocess.PIPE, check=True)  # noqa: S603 (our own code)
    return Round(*json.loads(done.stdout))


def report(plain: list[Round], packed: list[Round]) -> Report:
    """Return the figures of rounds into a plain and into a gzipped file."""

    def rate(rounds: list[Round]) -> Spread:
        return Spread.of(found.records / found.processor_seconds for found in rounds)

    clock = Spread.of(found.records / found.seconds for found in plain)
    size = plain[0].file_bytes / plain[0].records
    results = [
        Result(
            "into a file, by a core's time",
            rate(plain).median,
            "events/s",
            at_least=GOAL,
            note=f"{size:.0f} bytes each",
        ),
        Result("into a file, by the clock", clock.median, "events/s"),
        Result("into a gzipped file, by a core's time", rate(packed).median, "events/s"),
        Result("memory at most", max(found.peak_bytes for found in plain) / 2**20, "MiB"),
    ]
    rounds = {"plain": [found._asdict() for found in plain], "gzipped": [found._asdict() for found in packed]}
    return Report(NAME, results, rounds)


@click.command()
@click.option("--events", default=1_000_000, show_default=True, type=click.IntRange(min=1000), help="A round.")
@click.option("--users", default=50_000, show_default=True, type=click.IntRange(min=1), help="Visitors.")
@click.option("--rounds", default=3, show_default=True, type=click.IntRange(min=1), help="Measured runs of each kind.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def main(events: int, users: int, rounds: int, as_json: bool) -> None:
    """Write simulated traffic into a file, each round in a new process that is bound to one core.

    Late and too late events, duplicates, poison and anomalies are at their defaults; the ground truth is written
    too. The time is from the start of the simulation to its last byte, without the start of Python. A core's time is
    what the kernel gave the process: on a machine that does other things too, the clock runs faster.

    \b
    Examples:
      python -m benchmarks.simulator
      python -m benchmarks.simulator --events 100000 --rounds 1 --json
    """
    found: dict[str, list[Round]] = {".jsonl": [], ".jsonl.gz": []}
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("simulating", total=2 * rounds)
        for _ in range(rounds):
            for suffix, into in found.items():
                into.append(measure(events, users, suffix))
                progress.advance(task)
    report(found[".jsonl"], found[".jsonl.gz"]).show(as_json)


if __name__ == "__main__":
    main()
