"""Simulated traffic at a steady rate in real time, made beforehand so that sending it costs little.

A process of its own: ``python -m benchmarks.steady_load BOOTSTRAP RATE SECONDS``. It stands for the web servers of a
shop, which are other machines, so it sends with librdkafka, which takes a tenth of the processor time of kafka-python.
"""

import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from confluent_kafka import Producer

from ingestion.simulator.disorder import Disorder, Record
from ingestion.simulator.scenario import Scenario
from ingestion.simulator.simulation import Simulation

BURST_SECONDS = 0.05
"""Records go out this often. A web shop's events come from many servers, each of which sends a batch now and then."""

READY = "ready"
"""Printed when the records are made and the first is about to be sent."""

_MADE_A_SECOND = 20_000
"""At least; a record has a real event time, so its making must be over by then."""


def scenario(rate: float, seconds: float) -> Scenario:
    """Return the traffic that begins when its records can have been made."""
    lead = timedelta(seconds=2 + rate * seconds / _MADE_A_SECOND)
    start = (datetime.now(UTC) + lead).replace(microsecond=0) + timedelta(seconds=1)
    return Scenario(rate=rate, start=start, duration=timedelta(seconds=seconds), flat=True, anomalies=0)


def bursts(records: Sequence[Record], start_us: int) -> list[tuple[float, Sequence[Record]]]:
    """Return the records in slices, each with the second after the start at which all of it is due."""
    width = int(BURST_SECONDS * 1e6)
    found: list[tuple[float, Sequence[Record]]] = []
    begin = 0
    while begin < len(records):
        number = (records[begin].send_us - start_us) // width
        end = begin + 1
        while end < len(records) and (records[end].send_us - start_us) // width == number:
            end += 1
        found.append(((number + 1) * BURST_SECONDS, records[begin:end]))
        begin = end
    return found


def play(
    slices: Sequence[tuple[float, Sequence[Record]]],
    start: float,
    send: Callable[[Record], object],
    clock: Callable[[], float] = time.time,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Send each slice when it is due: ``start`` is the beginning by ``clock``. One that is overdue goes at once."""
    for due, records in slices:
        if (left := start + due - clock()) > 0:
            sleep(left)
        for record in records:
            send(record)


class LoadProducer:
    """Sends without waiting; ``lost`` counts what Kafka did not take."""

    def __init__(self, bootstrap: str) -> None:
        self.lost = 0
        self._producer = Producer(
            {
                "bootstrap.servers": bootstrap,
                "acks": "all",
                "enable.idempotence": True,
                "linger.ms": 10,
                "compression.type": "lz4",
                # As Kafka's own clients choose, for the key decides which events stay in order.
                "partitioner": "murmur2_random",
                "queue.buffering.max.messages": 1_000_000,
            }
        )

    def send(self, record: Record) -> None:
        """Take one record."""
        key = None if record.key is None else record.key.encode()
        self._producer.produce(record.topic.name, record.value, key, on_delivery=self._delivered)
        self._producer.poll(0)

    def close(self, seconds: float = 30) -> None:
        """Wait until Kafka has what was sent."""
        self.lost += self._producer.flush(seconds)

    def _delivered(self, error: Any, _message: Any) -> None:
        self.lost += error is not None


def main() -> None:
    """Make the traffic, say that it is ready, send it; exits with 1 when a record was lost."""
    bootstrap, rate, seconds = sys.argv[1], float(sys.argv[2]), float(sys.argv[3])
    chosen = scenario(rate, seconds)
    records = list(Disorder(chosen)(Simulation(chosen).clean_events()))
    producer = LoadProducer(bootstrap)
    sys.stdout.write(READY + "\n")
    sys.stdout.flush()
    play(bursts(records, chosen.start_us), chosen.start_us / 1e6, producer.send)
    producer.close()
    if producer.lost:
        sys.exit(f"{producer.lost} records of the load were lost")


if __name__ == "__main__":
    main()
