"""The HTTP collector on one core: events a second in batches, each answered once Kafka has its events.

``python -m benchmarks.collector --help``
"""

import asyncio
import contextlib
import os
import random
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

import click
import httpx
import orjson
from kafka import KafkaConsumer, TopicPartition
from rich.console import Console
from rich.progress import Progress

from benchmarks.result import Report, Result
from benchmarks.stack import running
from benchmarks.usage import cpu_seconds, peak_bytes
from deploy.stack.settings import ROOT, StackSettings
from ingestion import topic_admin
from ingestion.errors import ShopstreamError
from ingestion.topics import EVENT_TOPICS

NAME = "collector"
GOAL = 2_000
_BODIES = 64
_START_SECONDS = 180
_SERVER_CORE, _OTHER_CORE = 0, 1
_USER_AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"


class Measured(NamedTuple):
    """What one run found."""

    events: int
    seconds: float
    latencies: list[float]
    """Seconds of each answered call, in order of length."""

    cpu_seconds: float
    peak_bytes: int
    stored: int
    """Events in Kafka after the run, of which ``sent`` were acknowledged, the warm-up's among them."""

    sent: int
    event_bytes: float
    refused: int
    """Calls that were answered otherwise than by 200."""


def message(random_: random.Random) -> dict[str, Any]:
    """Return a message as a page sends it."""
    product = {"product_id": f"prod_{random_.randrange(2000)}", "category": random_.choice(["shoes", "bags", "hats"])}
    priced = {**product, "price": round(random_.uniform(5, 200), 2), "quantity": random_.randint(1, 3)}
    order = {
        "order_id": str(random_.getrandbits(48)),
        "products": [priced],
        "total": priced["price"],
        "currency": "USD",
    }
    path = f"/{product['category']}/{product['product_id']}"
    event, properties = random_.choices(
        [(None, {}), ("Product Viewed", product), ("Product Added", priced), ("Order Completed", order)], [60, 30, 8, 2]
    )[0]
    return {
        "type": "track" if event else "page",
        "messageId": str(uuid.UUID(int=random_.getrandbits(128))),
        "userId": f"user_{random_.randrange(50_000)}",
        "anonymousId": f"{random_.getrandbits(128):032x}",
        "timestamp": datetime.now(UTC).isoformat(),
        **({"event": event} if event else {}),
        "properties": properties,
        "context": {
            "library": {"name": "shopstream.js", "version": "1.0.0"},
            "sessionId": f"{random_.getrandbits(128):032x}",
            "page": {"path": path, "url": f"https://shop.example{path}", "referrer": "https://shop.example/"},
            "userAgent": _USER_AGENT,
            "locale": "en-US",
            "device": {"type": random_.choice(["mobile", "desktop"])},
        },
    }


def bodies(batch: int, seed: int = 7) -> list[bytes]:
    """Return bodies for ``/v1/batch``, each with ``batch`` messages."""
    random_ = random.Random(seed)  # noqa: S311 (a benchmark's traffic, not a secret)
    return [
        orjson.dumps(
            {
                "writeKey": "local-write-key",
                "sentAt": datetime.now(UTC).isoformat(),
                "batch": [message(random_) for _ in range(batch)],
            }
        )
        for _ in range(_BODIES)
    ]


@contextlib.contextmanager
def _scorer(settings: StackSettings) -> Iterator[int]:
    """Run the scorer on a core of its own; gives its pid."""
    environment = {
        **os.environ,
        **settings.environment(),
        "PYTHONPATH": str(ROOT),
        "SHOPSTREAM_COLLECTOR_RATE": "1000000000",
        "SHOPSTREAM_COLLECTOR_BURST": "1000000000",
    }
    log = settings.home / "scorer.log"
    with log.open("w") as output:
        child = subprocess.Popen(
            [sys.executable, "-m", "serving"], env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
    if (os.cpu_count() or 1) > 1:
        # Before it has made a thread: those it makes inherit it.
        os.sched_setaffinity(child.pid, {_SERVER_CORE})
    try:
        _await_kafka(f"http://{settings.scorer}/readyz", child)
        yield child.pid
    finally:
        child.terminate()
        child.wait(30)


def _await_kafka(url: str, child: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and child.poll() is None:
        with contextlib.suppress(httpx.TransportError):
            ready = httpx.get(url)
            # Nor does it load its libraries any more, which would be measured too.
            if ready.json()["checks"]["collector"]["detail"] is None and "still" not in ready.text:
                return
        time.sleep(0.1)
    raise ShopstreamError(
        f"the scorer was not ready within {_START_SECONDS} seconds: run the benchmark on an idle machine."
    )


async def _load(url: str, sent: list[bytes], connections: int, seconds: float) -> tuple[list[float], int]:
    """Post bodies one after the other on each connection; returns the calls' times and how many were refused."""
    latencies: list[float] = []
    refused = 0
    end = time.perf_counter() + seconds
    limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)

    async def post(client: httpx.AsyncClient, first: int) -> None:
        nonlocal refused
        for number in range(first, sys.maxsize, connections):
            start = time.perf_counter()
            if start >= end:
                return
            answer = await client.post(url, content=sent[number % len(sent)])
            if answer.status_code == httpx.codes.OK:
                latencies.append(time.perf_counter() - start)
            else:
                refused += 1

    headers = {"Content-Type": "application/json"}
    async with httpx.AsyncClient(limits=limits, headers=headers, timeout=30) as client:
        await asyncio.gather(*(post(client, number) for number in range(connections)))
    return latencies, refused


def _stored(bootstrap: str) -> int:
    consumer = KafkaConsumer(bootstrap_servers=bootstrap)
    try:
        partitions = [
            TopicPartition(topic.name, number) for topic in EVENT_TOPICS for number in range(topic.partitions)
        ]
        return sum(consumer.end_offsets(partitions).values())
    finally:
        consumer.close()


def measure(batch: int, connections: int, seconds: float, warm_up: float, progress: Progress) -> Measured:
    """Start a broker and a scorer, load the scorer, and count what Kafka then has."""
    if (os.cpu_count() or 1) > 1:
        # The broker inherits it: the scorer's core is the scorer's alone.
        os.sched_setaffinity(0, {_OTHER_CORE})
    task = progress.add_task("starting Kafka and the scorer", total=None)
    with running("kafka") as settings:
        topic_admin.apply(settings.kafka_bootstrap)
        with _scorer(settings) as pid:
            sent, url = bodies(batch), f"http://{settings.scorer}/v1/batch"
            progress.update(task, description="warming up")
            warm, _ = asyncio.run(_load(url, sent, connections, warm_up))
            progress.update(task, description="measuring")
            start, used = time.perf_counter(), cpu_seconds(pid)
            latencies, refused = asyncio.run(_load(url, sent, connections, seconds))
            lasted, used = time.perf_counter() - start, cpu_seconds(pid) - used
            peak = peak_bytes(pid)
        stored = _stored(settings.kafka_bootstrap)
    return Measured(
        len(latencies) * batch,
        lasted,
        sorted(latencies),
        used,
        peak,
        stored,
        (len(latencies) + len(warm)) * batch,
        statistics.fmean(map(len, sent)) / batch,
        refused,
    )


def report(found: Measured, batch: int, connections: int) -> Report:
    """Return the figures. Raises ShopstreamError when Kafka has another number of events than was acknowledged."""
    if found.stored != found.sent or found.refused:
        raise ShopstreamError(
            f"Kafka has {found.stored:,} events and {found.sent:,} were acknowledged; {found.refused:,} calls refused."
        )
    note = f"{batch} events a batch, {found.event_bytes:,.0f} bytes each, {connections} connections"
    hundredths = statistics.quantiles(found.latencies, n=100)
    return Report(
        NAME,
        [
            Result("events acknowledged by Kafka", found.events / found.seconds, "events/s", at_least=GOAL, note=note),
            Result("answer, median", hundredths[49] * 1000, "ms"),
            Result("answer, 99th percentile", hundredths[98] * 1000, "ms"),
            Result("processor time of the scorer", found.cpu_seconds / found.events * 1e6, "ms per 1,000 events"),
            Result("cores that the scorer used", found.cpu_seconds / found.seconds, "cores"),
        ],
        {"events": found.events, "seconds": found.seconds, "peak_bytes": found.peak_bytes, "stored": found.stored},
    )


@click.command()
@click.option("--batch", default=100, show_default=True, type=click.IntRange(1, 500), help="Events in a call.")
@click.option("--connections", default=8, show_default=True, type=click.IntRange(1), help="Calls at the same time.")
@click.option("--seconds", default=15.0, show_default=True, type=click.FloatRange(1), help="Measured time.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def main(batch: int, connections: int, seconds: float, as_json: bool) -> None:
    """Measure how many events a second one scorer collects on one core, each acknowledged by Kafka.

    The scorer (one worker) has core 0 for itself; the broker, started for this, and the load have core 1. Calls
    follow one another on each connection, after 3 seconds that do not count. Kafka must then have exactly the
    events that were acknowledged.

    \b
    Examples:
      python -m benchmarks.collector
      python -m benchmarks.collector --batch 1 --connections 32
      python -m benchmarks.collector --json
    """
    with Progress(console=Console(stderr=True), transient=True) as progress:
        found = measure(batch, connections, seconds, 3.0, progress)
    report(found, batch, connections).show(as_json)


if __name__ == "__main__":
    main()
