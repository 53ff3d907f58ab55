"""The same five window metrics by this product and by Spark Structured Streaming, on the same topics.

``python -m benchmarks.side_by_side --help``
"""

import logging
from collections.abc import Mapping
from dataclasses import asdict

import click
from rich.console import Console
from rich.progress import Progress

from benchmarks import command, traffic
from benchmarks.backlog import Backlog
from benchmarks.cluster_run import ClusterRun, Measured
from benchmarks.result import Report, Result
from benchmarks.spark.installation import install
from benchmarks.spark.run import METRICS, SparkMeasured, create_topics, work_off
from benchmarks.stack import running
from ingestion import topic_admin

NAME = "side_by_side"
FIVE, ALL, SPARK = "five metrics", "all nine results", "Spark's five"
_MEBIBYTE = 2**20


def report(ours: Mapping[tuple[str, str], Measured], spark: Mapping[str, SparkMeasured]) -> Report:
    """Compare runs: ``ours`` by what was counted and where the state was, ``spark`` by where the state was."""
    results = []
    fastest = max(run.records / run.seconds for run in spark.values())
    for (what, state), our in ours.items():
        goal = 4.0 if what == FIVE else 1.0
        ratio = our.records / our.seconds / fastest
        results.append(Result(f"{what}, {state} / Spark's five at their best", ratio, "times", at_least=goal))
    runs: dict[str, Measured | SparkMeasured] = {f"{what}, {state}": our for (what, state), our in ours.items()}
    runs |= {f"{SPARK}, {state}": run for state, run in spark.items()}
    for name, run in runs.items():
        million = run.records / 1e6
        results += [
            Result(name, run.records / run.seconds, "events/s", note=f"{run.seconds:.1f} s"),
            Result(f"processor, {name}", run.cpu_seconds / million, "s/million"),
            Result(f"memory, {name}", run.peak_bytes / _MEBIBYTE, "MiB at most"),
            Result(f"state, {name}", run.state_bytes / _MEBIBYTE, "MiB"),
        ]
    return Report(NAME, results, {name: asdict(run) for name, run in runs.items()})


@click.command()
@click.option("--events", default=1_000_000, show_default=True, type=click.IntRange(min=10_000), help="In the backlog.")
@click.option("--state", multiple=True, default=["heap"], type=click.Choice(["heap", "rocksdb"]), help="Of both.")
@click.option("--batch", default=0, show_default=True, help="Spark's records a micro-batch; 0: all at once.")
@click.option("--all/--five", "is_all", default=True, show_default=True, help="Measure our nine results, too.")
@click.option("--no-deduplication", is_flag=True, help="Let Spark count repeated events twice, which costs it less.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def main(events: int, state: tuple[str, ...], batch: int, is_all: bool, no_deduplication: bool, as_json: bool) -> None:
    """Work off the same backlog with this product's job and with Spark's, one after the other on the same machine.

    Both read the same topics from the same broker and write each change of a window to Kafka. Time runs from the start
    of the work, when everything is loaded, to the moment when all is counted and safe: a checkpoint with the last
    event, the commit of the last batch. Spark is installed when it is missing.

    \b
    Examples:
      python -m benchmarks.side_by_side
      python -m benchmarks.side_by_side --events 2000000 --state heap --state rocksdb
    """
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    ours: dict[tuple[str, str], Measured] = {}
    theirs: dict[str, SparkMeasured] = {}
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
        for where in state:
            # Of the five what Spark's job has: rows in Kafka, without those in Redis.
            for what, results, tables in ((FIVE, " ".join(METRICS), ",".join(METRICS)), (ALL, "", "*"))[: 1 + is_all]:
                name = f"run{len(ours)}"
                task = progress.add_task(f"{what}, {where}", total=events)
                run = ClusterRun(
                    settings.model_copy(update={"state": settings.home / name}),
                    {"BENCHMARK_JOB": results, "BENCHMARK_RESULTS": tables, "SHOPSTREAM_CONSUMER_GROUP": name},
                    {"state.backend.type": "hashmap" if where == "heap" else "rocksdb"},
                )
                ours[what, where] = run.work_off(backlog, lambda done: progress.update(task, completed=done))  # noqa: B023 (now)
            progress.add_task(f"{SPARK}, {where}", total=None)
            options = {"state": where, "batch": batch, "deduplicate": not no_deduplication}
            theirs[where] = work_off(spark, settings.kafka_bootstrap, backlog.records, options)
    report(ours, theirs).show(as_json)


if __name__ == "__main__":
    command.run(main)
