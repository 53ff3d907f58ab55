"""The event producer beside one that waits for Kafka's acknowledgement of each event, on one broker.

``python -m benchmarks.producer --help``
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from itertools import cycle, islice
from typing import NamedTuple

import click
import orjson
from kafka import KafkaProducer
from rich.console import Console
from rich.progress import Progress

from benchmarks import command, traffic
from benchmarks.result import Report, Result, Spread
from benchmarks.stack import running
from ingestion import topic_admin
from ingestion.event import Event
from ingestion.producer import PRODUCER_VERSION, EventProducer
from ingestion.settings import KafkaSettings

NAME = "producer"
GOAL = 10.0
OURS, WAITING = "EventProducer", "waiting for each acknowledgement"

Send = Callable[[Event], object]
Open = Callable[[str], AbstractContextManager[Send]]
"""Given Kafka's address: opens a producer, gives its ``send``, and when left waits for what is under way."""


class Round(NamedTuple):
    """So many events sent and acknowledged, in seconds on the clock and of this process's processor time."""

    events: int
    seconds: float
    cpu_seconds: float

    @property
    def per_second(self) -> float:
        """Acknowledged events a second."""
        return self.events / self.seconds

    @property
    def cpu_micros(self) -> float:
        """Processor time an event, in microseconds."""
        return self.cpu_seconds / self.events * 1e6


def report(rounds: Mapping[str, Sequence[Round]]) -> Report:
    """Return the ratio of the median rates, which has the goal, and what it is made of."""
    rates = {name: Spread.of(round.per_second for round in measured) for name, measured in rounds.items()}
    cpu = {name: Spread.of(round.cpu_micros for round in measured) for name, measured in rounds.items()}
    results = [Result("events/s over waiting", rates[OURS].median / rates[WAITING].median, "times", at_least=GOAL)]
    results += [Result(name, rate.median, "events/s", note=f"rounds: {rate}") for name, rate in rates.items()]
    results += [Result(name, time.median, "us cpu/event", note=f"rounds: {time}") for name, time in cpu.items()]
    return Report(NAME, results, {name: [round._asdict() for round in measured] for name, measured in rounds.items()})


@contextmanager
def ours(bootstrap: str) -> Iterator[Send]:
    """Open the product's producer; leaving it waits for all acknowledgements."""
    with EventProducer(KafkaSettings(kafka_bootstrap=bootstrap)) as producer:
        yield producer.send


@contextmanager
def waiting(bootstrap: str) -> Iterator[Send]:
    """Open a plain producer with the same safety that sends one event at a time, each without delay."""
    producer = KafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True, linger_ms=0)

    def send(event: Event) -> None:
        value = event.to_bytes(datetime.now(UTC), PRODUCER_VERSION)
        producer.send(event.topic, value=value, key=event.key().encode()).get(30)

    yield send
    producer.close()


def measure(events: Sequence[Event], count: int, bootstrap: str, open_producer: Open) -> Round:
    """Send ``count`` events, over and over those given, and wait for all; connecting is not timed."""
    with open_producer(bootstrap) as send:
        cpu, start = time.process_time(), time.monotonic()
        for event in islice(cycle(events), count):
            send(event)
    return Round(count, time.monotonic() - start, time.process_time() - cpu)


@click.command()
@click.option("--events", default=30_000, show_default=True, type=click.IntRange(min=100), help="Sent in each round.")
@click.option(
    "--waited", default=2_000, show_default=True, type=click.IntRange(min=100), help="Sent by the waiting one."
)
@click.option("--rounds", default=5, show_default=True, type=click.IntRange(min=1), help="Rounds of each, in turns.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def main(events: int, waited: int, rounds: int, as_json: bool) -> None:
    """Compare the rate of `EventProducer` with a producer that waits for the acknowledgement of every event.

    Same events, same broker (started for this), same safety (acks=all, idempotent), in turns. The time ends with the
    last acknowledgement.

    \b
    Examples:
      python -m benchmarks.producer
      python -m benchmarks.producer --events 100000 --rounds 3 --json
    """
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    sample = [Event.from_mapping(orjson.loads(record.value)) for record in traffic.records(5_000, **traffic.CLEAN)]
    measured: dict[str, list[Round]] = {OURS: [], WAITING: []}
    with running("kafka") as settings, Progress(console=Console(stderr=True), transient=True) as progress:
        topic_admin.apply(settings.kafka_bootstrap)
        task = progress.add_task("sending", total=2 * rounds)
        for _ in range(rounds):
            for name, count, open_producer in ((OURS, events, ours), (WAITING, waited, waiting)):
                measured[name].append(measure(sample, count, settings.kafka_bootstrap, open_producer))
                progress.advance(task)
    report(measured).show(as_json)


if __name__ == "__main__":
    command.run(main)
