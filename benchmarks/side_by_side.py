"""The same five window metrics by this product and by Spark Structured Streaming, on the same topics.

``python -m benchmarks.side_by_side --help``
"""

import logging
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from itertools import islice, product
from statistics import median
from typing import NamedTuple

import click
from rich.console import Console
from rich.progress import Progress

from benchmarks import command, traffic
from benchmarks.backlog import Backlog
from benchmarks.cluster_run import ClusterRun, Measured
from benchmarks.result import Report, Result, Spread
from benchmarks.spark.installation import install
from benchmarks.spark.run import METRICS, SparkMeasured, create_topics, work_off
from benchmarks.stack import running
from ingestion import topic_admin

NAME = "side_by_side"
FIVE, ALL, SPARK = "five metrics", "all nine results", "Spark's five"
_MEBIBYTE = 2**20


class Run(NamedTuple):
    """What was measured: of whom, where the state was, and how many events."""

    what: str
    state: str
    events: int

    def __str__(self) -> str:
        return f"{self.what}, {self.state}, {self.events / 1e6:g} million"


def _rate(found: Measured | SparkMeasured) -> float:
    return found.records / found.seconds


def _cost(found: Measured | SparkMeasured) -> float:
    return found.cpu_seconds / found.records * 1e6


def line(run: Run, found: Measured | SparkMeasured) -> str:
    """What is printed as soon as it is measured, for the whole comparison may take two hours."""
    return f"{run}: {_rate(found):,.0f} events/s, {_cost(found):,.0f} s of the processor a million"


def report(rounds: Mapping[Run, Sequence[Measured | SparkMeasured]]) -> Report:
    """Compare ours with Spark's fastest at the same number of events, if it was measured; a figure is the median of
    its rounds."""
    rates = {run: Spread.of(map(_rate, found)) for run, found in rounds.items()}
    results = []
    for run, rate in rates.items():
        if run.what != SPARK:
            goal = 4.0 if run.what == FIVE else 1.0
            theirs = [other.median for of, other in rates.items() if (of.what, of.events) == (SPARK, run.events)]
            if theirs:
                name = f"{run} / Spark's five at their best"
                results.append(Result(name, rate.median / max(theirs), "times", at_least=goal))
    for run, found in rounds.items():
        note = f"rounds: {rates[run]}" if len(found) > 1 else ""
        results += [
            Result(str(run), rates[run].median, "events/s", note=note),
            Result(f"processor, {run}", median(map(_cost, found)), "s/million"),
            Result(f"memory, {run}", median(one.peak_bytes / _MEBIBYTE for one in found), "MiB at most"),
            Result(f"state, {run}", median(one.state_bytes / _MEBIBYTE for one in found), "MiB"),
        ]
    return Report(NAME, results, {str(run): [asdict(one) for one in found] for run, found in rounds.items()})


@contextmanager
def shown_at_the_end(found: Mapping[Run, Sequence[Measured | SparkMeasured]], as_json: bool) -> Iterator[None]:
    """Print the report also when something fails: an hour of measurements is not thrown away with the one after it."""
    try:
        yield
    finally:
        if found:
            report(found).show(as_json)


@click.command()
@click.option(
    "--events",
    multiple=True,
    default=[1_000_000, 2_000_000],
    show_default=True,
    type=click.IntRange(min=10_000),
    help="In the backlog; more often: more backlogs, each the last one and more.",
)
@click.option("--state", multiple=True, default=["heap"], type=click.Choice(["heap", "rocksdb"]), help="Of both.")
@click.option("--batch", default=0, show_default=True, help="Spark's records a micro-batch; 0: all at once.")
@click.option("--all/--five", "is_all", default=True, show_default=True, help="Measure our nine results, too.")
@click.option("--no-deduplication", is_flag=True, help="Let Spark count repeated events twice, which costs it less.")
@click.option("--rounds", default=1, show_default=True, type=click.IntRange(min=1), help="Of all that is compared.")
@command.memory_option("4g")
@command.memory_option("4g", "--spark-memory", "Heap of Spark's JVM alone.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def main(
    events: tuple[int, ...],
    state: tuple[str, ...],
    batch: int,
    is_all: bool,
    no_deduplication: bool,
    rounds: int,
    memory: str,
    spark_memory: str,
    as_json: bool,
) -> None:
    """Work off the same backlog with this product's job and with Spark's, one after the other on the same machine.

    Both read the same topics from the same broker and write each change of a window to Kafka. Time runs from the start
    of the work, when everything is loaded, to the moment when all is counted and safe: a checkpoint with the last
    event, the commit of the last batch. Spark is installed when it is missing.

    \b
    Examples:
      python -m benchmarks.side_by_side
      python -m benchmarks.side_by_side --state heap --state rocksdb
      python -m benchmarks.side_by_side --events 5000000 --state rocksdb --memory 6g --spark-memory 8g
      python -m benchmarks.side_by_side --rounds 3
    """
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    found: defaultdict[Run, list[Measured | SparkMeasured]] = defaultdict(list)
    with Progress(console=Console(stderr=True), transient=True) as progress:
        progress.add_task("making Spark's environment", total=None)
        spark = install()
    with (
        shown_at_the_end(found, as_json),
        running("kafka", "valkey", flink_taskmanager_memory=memory) as settings,
        Progress(console=Console(stderr=True), transient=True) as progress,
    ):

        def keep(run: Run, measured: Measured | SparkMeasured) -> None:
            found[run].append(measured)
            progress.console.print(line(run, measured), soft_wrap=True)

        topic_admin.apply(settings.kafka_bootstrap)
        create_topics(settings.kafka_bootstrap)
        backlog = Backlog(settings.kafka_bootstrap)
        # Two hours a million, and as many users as make that: an event costs the same whatever the number.
        records = traffic.records(max(events), 140.0, users=max(1000, max(events) // 20))
        # Of the five what Spark's job has: rows in Kafka, without those in Redis.
        jobs = ((FIVE, " ".join(METRICS), ",".join(METRICS)), (ALL, "", "*"))[: 1 + is_all]
        for number in sorted(set(events)):
            task = progress.add_task("filling Kafka", total=number)
            backlog.fill(
                islice(records, number - backlog.records),
                lambda sent: progress.update(task, completed=sent),  # noqa: B023 (now)
            )
            for turn, where in product(range(1, rounds + 1), state):
                for what, results, tables in jobs:
                    run = Run(what, where, number)
                    task = progress.add_task(str(run), total=number)
                    group = f"{run}-{turn}".replace(", ", "-").replace(" ", "-")
                    ours = ClusterRun(
                        settings.model_copy(update={"state": settings.home / group}),
                        {"BENCHMARK_JOB": results, "BENCHMARK_RESULTS": tables, "SHOPSTREAM_CONSUMER_GROUP": group},
                        {"state.backend.type": "hashmap" if where == "heap" else "rocksdb"},
                    )
                    keep(run, ours.work_off(backlog, lambda done: progress.update(task, completed=done)))  # noqa: B023 (now)
                run = Run(SPARK, where, number)
                progress.add_task(str(run), total=None)
                options = {"state": where, "batch": batch, "deduplicate": not no_deduplication, "memory": spark_memory}
                keep(run, work_off(spark, settings.kafka_bootstrap, number, options))


if __name__ == "__main__":
    command.run(main)
