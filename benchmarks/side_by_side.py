"""The same five window metrics by this product and by Spark Structured Streaming, on the same topics.

``python -m benchmarks.side_by_side --help``
"""

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import product
from statistics import median

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


def report(ours: Mapping[tuple[str, str], Sequence[Measured]], spark: Mapping[str, Sequence[SparkMeasured]]) -> Report:
    """Compare the rounds of ``ours``, by what was counted and where the state was, and of ``spark``, by where it was.

    Each figure is the median of its rounds.
    """
    runs: dict[str, Sequence[Measured | SparkMeasured]] = {
        f"{what}, {state}": our for (what, state), our in ours.items()
    }
    runs |= {f"{SPARK}, {state}": rounds for state, rounds in spark.items()}
    rates = {name: Spread.of(run.records / run.seconds for run in rounds) for name, rounds in runs.items()}
    fastest = max(rates[f"{SPARK}, {state}"].median for state in spark)
    results = []
    for what, state in ours:
        goal = 4.0 if what == FIVE else 1.0
        ratio = rates[f"{what}, {state}"].median / fastest
        results.append(Result(f"{what}, {state} / Spark's five at their best", ratio, "times", at_least=goal))
    for name, rounds in runs.items():
        results += [
            Result(name, rates[name].median, "events/s", note=f"rounds: {rates[name]}"),
            Result(f"processor, {name}", median(run.cpu_seconds / run.records * 1e6 for run in rounds), "s/million"),
            Result(f"memory, {name}", median(run.peak_bytes / _MEBIBYTE for run in rounds), "MiB at most"),
            Result(f"state, {name}", median(run.state_bytes / _MEBIBYTE for run in rounds), "MiB"),
        ]
    return Report(NAME, results, {name: [asdict(run) for run in rounds] for name, rounds in runs.items()})


@click.command()
@click.option("--events", default=1_000_000, show_default=True, type=click.IntRange(min=10_000), help="In the backlog.")
@click.option("--state", multiple=True, default=["heap"], type=click.Choice(["heap", "rocksdb"]), help="Of both.")
@click.option("--batch", default=0, show_default=True, help="Spark's records a micro-batch; 0: all at once.")
@click.option("--all/--five", "is_all", default=True, show_default=True, help="Measure our nine results, too.")
@click.option("--no-deduplication", is_flag=True, help="Let Spark count repeated events twice, which costs it less.")
@click.option("--rounds", default=1, show_default=True, type=click.IntRange(min=1), help="Of all that is compared.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def main(
    events: int,
    state: tuple[str, ...],
    batch: int,
    is_all: bool,
    no_deduplication: bool,
    rounds: int,
    as_json: bool,
) -> None:
    """Work off the same backlog with this product's job and with Spark's, one after the other on the same machine.

    Both read the same topics from the same broker and write each change of a window to Kafka. Time runs from the start
    of the work, when everything is loaded, to the moment when all is counted and safe: a checkpoint with the last
    event, the commit of the last batch. Spark is installed when it is missing.

    \b
    Examples:
      python -m benchmarks.side_by_side
      python -m benchmarks.side_by_side --events 2000000 --state heap --state rocksdb
      python -m benchmarks.side_by_side --rounds 3
    """
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    ours: defaultdict[tuple[str, str], list[Measured]] = defaultdict(list)
    theirs: defaultdict[str, list[SparkMeasured]] = defaultdict(list)
    with Progress(console=Console(stderr=True), transient=True) as progress:
        progress.add_task("making Spark's environment", total=None)
        spark = install()
    with running("kafka", "valkey") as settings, Progress(console=Console(stderr=True), transient=True) as progress:
        topic_admin.apply(settings.kafka_bootstrap)
        create_topics(settings.kafka_bootstrap)
        backlog = Backlog(settings.kafka_bootstrap)
        task = progress.add_task("filling Kafka", total=events)
        # Two hours a million, and as many users as make that: an event costs the same whatever the number.
        rate, users = 140.0, max(1000, events // 20)
        backlog.fill(traffic.records(events, rate, users=users), lambda sent: progress.update(task, completed=sent))
        # Of the five what Spark's job has: rows in Kafka, without those in Redis.
        jobs = ((FIVE, " ".join(METRICS), ",".join(METRICS)), (ALL, "", "*"))[: 1 + is_all]
        for number, where in product(range(1, rounds + 1), state):
            for what, results, tables in jobs:
                name = f"{what}-{where}-{number}".replace(" ", "-")
                task = progress.add_task(f"{what}, {where}", total=events)
                run = ClusterRun(
                    settings.model_copy(update={"state": settings.home / name}),
                    {"BENCHMARK_JOB": results, "BENCHMARK_RESULTS": tables, "SHOPSTREAM_CONSUMER_GROUP": name},
                    {"state.backend.type": "hashmap" if where == "heap" else "rocksdb"},
                )
                ours[what, where].append(run.work_off(backlog, lambda done: progress.update(task, completed=done)))  # noqa: B023 (now)
            progress.add_task(f"{SPARK}, {where}", total=None)
            options = {"state": where, "batch": batch, "deduplicate": not no_deduplication}
            theirs[where].append(work_off(spark, settings.kafka_bootstrap, backlog.records, options))
    report(ours, theirs).show(as_json)


if __name__ == "__main__":
    command.run(main)
