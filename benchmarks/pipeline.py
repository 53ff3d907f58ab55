"""The whole Flink job on a real local cluster: how fast it works off a backlog of events, and what that takes.

``python -m benchmarks.pipeline --help``
"""

import logging
from dataclasses import asdict
from itertools import product

import click
from rich.console import Console
from rich.progress import Progress

from benchmarks import command, traffic
from benchmarks.backlog import Backlog
from benchmarks.cluster_run import ClusterRun, Measured
from benchmarks.result import Report, Result
from benchmarks.stack import running
from ingestion import topic_admin

NAME = "pipeline"
_MEBIBYTE = 2**20


def report(runs: dict[str, Measured]) -> Report:
    """Return the figures of each run, which is named by its results and its state backend."""
    results = []
    for name, run in runs.items():
        million = run.records / 1e6
        results += [
            Result(f"throughput ({name})", run.records / run.seconds, "records/s", note=f"{run.seconds:.1f} s"),
            Result(f"processor ({name})", run.cpu_seconds / million, "s/million"),
            Result(f"memory of the TaskManager ({name})", run.peak_bytes / _MEBIBYTE, "MiB at most"),
            Result(f"state at the end ({name})", run.state_bytes / _MEBIBYTE, "MiB"),
            Result(f"longest checkpoint ({name})", run.longest_checkpoint_seconds, "s"),
        ]
    return Report(NAME, results, {name: asdict(run) for name, run in runs.items()})


@click.command()
@click.option("--events", default=1_000_000, show_default=True, type=click.IntRange(min=1000), help="In the backlog.")
@click.option(
    "--rate", default=140.0, show_default=True, help="Events a second when they happened: 140 is 2 h a million."
)
@click.option("--users", default=50_000, show_default=True, type=click.IntRange(min=1), help="Visitors.")
@click.option(
    "--results", multiple=True, default=["*"], help="Sink tables, such as lake_*,page_views; more often: more runs."
)
@click.option("--job", default="", help="Names of the results that the job has, separated by spaces. Default: all.")
@click.option(
    "--state", multiple=True, default=["rocksdb"], type=click.Choice(["rocksdb", "hashmap"]), help="State backend."
)
@click.option("--parallelism", default=1, show_default=True, type=click.IntRange(1, 8))
@command.memory_option("2560m")
@click.option("--checkpoint-seconds", default=10.0, show_default=True, help="Time between checkpoints.")
@click.option("--option", multiple=True, metavar="KEY=VALUE", help="An option of Flink for the job.")
@click.option("--java", multiple=True, default=[""], help="Java options of the TaskManager; more often: more runs.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def main(
    events: int,
    rate: float,
    users: int,
    results: tuple[str, ...],
    job: str,
    state: tuple[str, ...],
    parallelism: int,
    memory: str,
    checkpoint_seconds: float,
    option: tuple[str, ...],
    java: tuple[str, ...],
    as_json: bool,
) -> None:
    """Let the job of `flink_jobs.main` work off a backlog of simulated events, poison and duplicates among them.

    Kafka and Valkey are started for this and filled once; each run has a new Flink cluster and a consumer group of its
    own. Time runs from the moment all tasks run to the end of a checkpoint that holds the last event; processor time
    is that of the TaskManager over the same span.

    \b
    Examples:
      python -m benchmarks.pipeline
      python -m benchmarks.pipeline --results 'lake_*' --results 'page_views,revenue' --results '*'
      python -m benchmarks.pipeline --state rocksdb --state hashmap --events 200000 --json
      python -m benchmarks.pipeline --option pipeline.object-reuse=true
    """
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    options = dict(one.partition("=")[::2] for one in option)
    runs: dict[str, Measured] = {}
    with running("kafka", "valkey") as settings, Progress(console=Console(stderr=True), transient=True) as progress:
        topic_admin.apply(settings.kafka_bootstrap)
        backlog = Backlog(settings.kafka_bootstrap)
        task = progress.add_task("filling Kafka", total=events)
        backlog.fill(traffic.records(events, rate, users=users), lambda sent: progress.update(task, completed=sent))
        for number, (chosen, backend, flags) in enumerate(product(results, state, java)):
            name = ", ".join(["all" if chosen == "*" else chosen, backend, *flags.split()])
            task = progress.add_task(name, total=events)
            run = ClusterRun(
                settings.model_copy(
                    update={
                        "flink_taskmanager_memory": memory,
                        "flink_taskmanager_java": flags,
                        "state": settings.home / f"run{number}",
                    }
                ),
                {
                    "BENCHMARK_JOB": job,
                    "BENCHMARK_RESULTS": chosen,
                    "SHOPSTREAM_CONSUMER_GROUP": f"run{number}",
                    "SHOPSTREAM_PARALLELISM": str(parallelism),
                    "SHOPSTREAM_CHECKPOINT_SECONDS": str(checkpoint_seconds),
                },
                {**options, "state.backend.type": backend},
            )
            runs[name] = run.work_off(backlog, lambda done: progress.update(task, completed=done))  # noqa: B023 (now)
    report(runs).show(as_json)


if __name__ == "__main__":
    command.run(main)
