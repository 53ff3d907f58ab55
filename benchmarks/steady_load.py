"""Simulated traffic at a steady rate in real time, made beforehand so that sending it costs little.

A process of its own: ``python -m benchmarks.steady_load BOOTSTRAP RATE SECONDS``
"""

import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from ingestion.raw_producer import RawProducer
from ingestion.settings import KafkaSettings
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


def main() -> None:
    """Make the traffic, say that it is ready, send it."""
    bootstrap, rate, seconds = sys.argv[1], float(sys.argv[2]), float(sys.argv[3])
    chosen = scenario(rate, seconds)
    records = list(Disorder(chosen)(Simulation(chosen).clean_events()))
    producer = RawProducer(KafkaSettings(kafka_bootstrap=bootstrap))
    with producer:
        sys.stdout.write(READY + "\n")
        sys.stdout.flush()
        play(
            bursts(records, chosen.start_us),
            chosen.start_us / 1e6,
            lambda record: producer.send_raw(record.topic.name, record.key, record.value),
        )


if __name__ == "__main__":
    main()
