"""From the producer's ``send`` to the value that Feast returns, while the whole job runs at a steady rate.

``python -m benchmarks.freshness --help``
"""

import contextlib
import logging
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import click
import httpx
import numpy as np
from rich.console import Console
from rich.progress import Progress

from benchmarks import command, steady_load
from benchmarks.probes import Probe, Probes
from benchmarks.result import Report, Result
from benchmarks.stack import running
from benchmarks.usage import cpu_seconds
from deploy.stack.run import Run
from deploy.stack.settings import ROOT, StackSettings
from feature_repo.settings import FeatureStoreSettings
from feature_repo.store import open_store
from flink_jobs.cluster import Cluster
from flink_jobs.settings import JobSettings
from ingestion import topic_admin
from ingestion.errors import ShopstreamError
from ingestion.producer import EventProducer
from ingestion.settings import KafkaSettings
from ingestion.topic_reader import TopicReader
from ingestion.topics import EVENT_TOPICS

NAME = "freshness"
EDGES = (10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 125, 150, 175, 200, 250, 300, 400, 500, 750, 1000, 2000, 5000, 30_000)
"""Upper bounds of the histogram's bars in milliseconds."""

_BAR = 50


def report(probes: Sequence[Probe], lost: int, details: Mapping[str, Any]) -> Report:
    """Return the distribution of the probes' times."""
    if not probes:
        raise ShopstreamError(f"None of {lost:,} probes came through within 30 seconds: the job may have ended.")
    read = np.array([(probe.read or 0) - probe.sent for probe in probes]) * 1000
    stored = np.array([(probe.stored or 0) - probe.sent for probe in probes]) * 1000
    middle, most, worst = np.percentile(read, [50, 99, 100])
    results = [
        Result("send to value through Feast, median", float(middle), "ms", at_most=150),
        Result("send to value through Feast, 99th percentile", float(most), "ms", at_most=500),
        Result("send to value through Feast, longest", float(worst), "ms"),
        Result("of it until the row is in the store, median", float(np.median(stored)), "ms"),
        Result("probes", float(len(probes)), "events", at_least=100),
        Result("probes that did not come through", float(lost), "events", at_most=0),
        Result("events a second, sent", details["rate"], "events/s", at_least=0.95 * details["wanted_rate"]),
        Result("unread at the end", details["unread"], "events"),
        Result("checkpoints meanwhile", details["checkpoints"], "checkpoints", at_least=1),
        *(Result(f"processor, {part}", cores, "cores") for part, cores in details["cores"].items()),
    ]
    counts, _ = np.histogram(read, bins=[0, *EDGES])
    histogram = {f"up to {edge} ms": int(count) for edge, count in zip(EDGES, counts, strict=True)}
    return Report(NAME, results, {**details, "histogram": histogram, "milliseconds": read.round(1).tolist()})


def show(histogram: Mapping[str, int]) -> None:
    """Print the histogram as bars."""
    highest = max(histogram.values())
    last = max(place for place, count in enumerate(histogram.values()) if count)
    for name, count in list(histogram.items())[: last + 1]:
        click.echo(f"{name:>14} {'█' * round(_BAR * count / highest)} {count}")


@contextlib.contextmanager
def load(bootstrap: str, rate: float, seconds: float) -> Iterator[int]:
    """Simulated traffic in real time from a process of its own; gives its pid when the traffic begins."""
    command = [sys.executable, "-m", "benchmarks.steady_load", bootstrap, str(rate), str(seconds)]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)  # noqa: S603 (our own command)
    try:
        assert child.stdout  # noqa: S101 (asked for above)
        if child.stdout.readline().strip() != steady_load.READY:
            raise ShopstreamError("The load ended before it began; what it said is above.")
        yield child.pid
    finally:
        child.terminate()
        child.wait(60)


def measure(
    settings: StackSettings, job: JobSettings, rate: float, warm_up: float, seconds: float, progress: Progress
) -> Report:
    """Run the load and the probes against the running job; only probes sent after the warm-up count."""
    kafka = TopicReader(settings.kafka_bootstrap)
    names = [topic.name for topic in EVENT_TOPICS]
    rest = httpx.Client(base_url=f"http://{settings.flink_rest}", timeout=30)
    cluster = Cluster(settings.flink_rest)
    (job_id,) = [one.id for one in cluster.jobs() if one.state == "RUNNING"]

    def checkpoints() -> int:
        found = rest.get(f"/jobs/{job_id}/checkpoints").raise_for_status().json()
        return int(found["counts"]["completed"])

    def processors(load_pid: int) -> dict[str, float]:
        parts = {"TaskManager": "flink-taskmanager", "broker": "kafka", "store": "valkey"}
        used = {"load": cpu_seconds(load_pid), "probes": time.process_time()}
        for part, name in parts.items():
            leader = Run(settings, name).leader
            assert leader  # noqa: S101 (it was started here)
            used[part] = cpu_seconds(leader.pid)
        return used

    # A slow answer is to be measured, not to be an error.
    store = open_store(FeatureStoreSettings(state=settings.state, redis=settings.redis, redis_timeout_ms=10_000))
    producer = EventProducer(KafkaSettings(kafka_bootstrap=settings.kafka_bootstrap))
    task = progress.add_task("events in real time", total=warm_up + seconds)
    with (
        load(settings.kafka_bootstrap, rate, warm_up + seconds + 10) as load_pid,
        producer,
        Probes(producer, settings.redis, store) as probes,
    ):
        start = time.monotonic()
        measured_from = start + warm_up
        before: tuple[float, int, int, dict[str, float]] | None = None
        sent = 0
        while (now := time.monotonic()) < measured_from + seconds:
            probes.send()
            sent += now >= measured_from
            progress.update(task, completed=now - start)
            if before is None and now >= measured_from:
                probes.take()
                before = now, sum(kafka.ends(*names).values()), checkpoints(), processors(load_pid)
            time.sleep(max(0.0, 0.1 - (time.monotonic() - now)))
        assert before  # noqa: S101 (the loop has passed it)
        lasted = time.monotonic() - before[0]
        ends = kafka.ends(*names)
        used = {part: (now - before[3][part]) / lasted for part, now in processors(load_pid).items()}
        details = {
            "wanted_rate": rate,
            "rate": (sum(ends.values()) - before[1]) / lasted,
            "checkpoints": checkpoints() - before[2],
            "cores": used,
            "unread": _unread(kafka, job, sum(ends.values())),
            "seconds": lasted,
        }
        done = probes.take()
        while probes.are_waited_for:
            time.sleep(0.1)
            done += probes.take()
        chosen = [probe for probe in done + probes.take() if probe.sent >= measured_from]
        return report(chosen, sent - len(chosen), details)


def _unread(kafka: TopicReader, job: JobSettings, end: int) -> int:
    """Events behind the last checkpoint: at most those of its interval when the job keeps up."""
    return end - sum(kafka.read_by(job.consumer_group).get(topic.name, 0) for topic in EVENT_TOPICS)


@click.command()
@click.option("--rate", default=2000.0, show_default=True, help="Events a second.")
@click.option("--warm-up", default=300.0, show_default=True, help="Seconds before the measured ones.")
@click.option("--seconds", default=60.0, show_default=True, help="Measured seconds.")
@click.option("--state", default="heap", show_default=True, type=click.Choice(["heap", "rocksdb"]), help="Where.")
@command.memory_option("4g")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def main(rate: float, warm_up: float, seconds: float, state: str, memory: str, as_json: bool) -> None:
    """Measure how fresh features are: from `send` of an event to a value through Feast that includes it.

    The whole job with all its results runs on a cluster of its own with the product's settings (SHOPSTREAM_ variables
    of this shell hold), at a steady rate of simulated events. Ten times a second a probe user sends an event. State is
    in the heap, where a checkpoint holds up no task; RocksDB, the default of a job, is measured by --state rocksdb.

    \b
    Examples:
      python -m benchmarks.freshness
      python -m benchmarks.freshness --state rocksdb --memory 2560m
      SHOPSTREAM_FEATURE_FLUSH_MS=50 python -m benchmarks.freshness --seconds 30
    """
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    with (
        running("kafka", "valkey", "flink", flink_state=state, flink_taskmanager_memory=memory) as settings,
        Progress(console=Console(stderr=True), transient=True) as progress,
    ):
        topic_admin.apply(settings.kafka_bootstrap)
        job = JobSettings(
            state=settings.state,
            kafka_bootstrap=settings.kafka_bootstrap,
            redis=settings.redis,
            flink_rest=settings.flink_rest,
        )
        task = progress.add_task("submitting the job", total=None)
        Cluster(settings.flink_rest).submit(job)
        progress.remove_task(task)
        found = measure(settings, job, rate, warm_up, seconds, progress)
    found.show(as_json)
    if not as_json:
        show(found.details["histogram"])


if __name__ == "__main__":
    command.run(main)
