"""Whether the features of very many users fit: ``python -m benchmarks.user_state --help``."""

import logging
from dataclasses import asdict

import click
from rich.console import Console
from rich.progress import Progress

from benchmarks import command
from benchmarks.backlog import Backlog
from benchmarks.cluster_run import ClusterRun, Measured
from benchmarks.histories import HOURS, histories
from benchmarks.result import Report, Result
from benchmarks.stack import running
from ingestion import topic_admin

NAME = "user_state"
_MEBIBYTE = 2**20
_HEAP_GOAL = 1536
"""MiB of heap that the job may have."""


def report(run: Measured, users: int) -> Report:
    """Return what the run needed."""
    results = [
        Result(
            "largest heap that the TaskManager may take", run.heap_limit_bytes / _MEBIBYTE, "MiB", at_most=_HEAP_GOAL
        ),
        Result("heap in use at the end", run.heap_used_bytes / _MEBIBYTE, "MiB"),
        Result("memory of the TaskManager, native included", run.peak_bytes / _MEBIBYTE, "MiB at most"),
        Result("state in the last checkpoint", run.state_bytes / _MEBIBYTE, "MiB"),
        Result("state of a user", run.state_bytes / users, "bytes"),
        Result("throughput", run.records / run.seconds, "events/s", note=f"{run.seconds:.0f} s"),
        Result("longest checkpoint", run.longest_checkpoint_seconds, "s"),
    ]
    return Report(NAME, results, asdict(run))


@click.command()
@click.option("--users", default=1_000_000, show_default=True, type=click.IntRange(min=1000), help="Users of the day.")
@click.option("--events-of-each", default=3, show_default=True, type=click.IntRange(1, 200), help="Events of a user.")
@click.option("--job", default="user_features", show_default=True, help="Results of the job, separated by spaces.")
@command.memory_option("2560m")
@click.option("--state", default="rocksdb", show_default=True, type=click.Choice(["rocksdb", "hashmap"]))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def main(users: int, events_of_each: int, job: str, memory: str, state: str, as_json: bool) -> None:
    """Give the job a day of many users, all of whom it must still know at its end, and see what it needs.

    The goal is a heap of less than 1.5 GiB for a million users in RocksDB. Every user ends with the tiles, sessions and
    pages of all the day; duplicates are known for an hour. The feature rows, a dozen a user, are written nowhere: the
    state is the same.

    \b
    Examples:
      python -m benchmarks.user_state
      python -m benchmarks.user_state --users 100000 --events-of-each 24
    """
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    events = users * events_of_each
    with (
        running("kafka", "valkey", flink_taskmanager_memory=memory) as settings,
        Progress(console=Console(stderr=True), transient=True) as progress,
    ):
        topic_admin.apply(settings.kafka_bootstrap)
        backlog = Backlog(settings.kafka_bootstrap)
        task = progress.add_task(f"filling Kafka with {HOURS} hours", total=events)
        backlog.fill(histories(users, events_of_each), lambda sent: progress.update(task, completed=sent))
        run = ClusterRun(
            settings,
            {
                "BENCHMARK_JOB": job,
                "BENCHMARK_RESULTS": "lake_*",
                "BENCHMARK_DISCARD": "1",
                "SHOPSTREAM_CONSUMER_GROUP": NAME,
            },
            {"state.backend.type": state},
        )
        task = progress.add_task("the job", total=events)
        measured = run.work_off(backlog, lambda done: progress.update(task, completed=done), seconds=3600)
    report(measured, users).show(as_json)


if __name__ == "__main__":
    command.run(main)
