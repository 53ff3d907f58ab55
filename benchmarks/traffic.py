"""The events that are sent in benchmarks: the product's own simulated traffic."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from ingestion.errors import ShopstreamError
from ingestion.simulator.disorder import Disorder, Record
from ingestion.simulator.scenario import Scenario
from ingestion.simulator.simulation import Simulation

RATE = 2000.0
"""Events a second of stream time, unless a benchmark says otherwise."""

CLEAN: dict[str, Any] = {"late": 0, "too_late": 0, "out_of_order": 0, "duplicates": 0, "poison": 0}
"""Shares of a traffic in which nothing is wrong."""


def scenario(events: int, rate: float = RATE, **values: Any) -> Scenario:
    """Return a scenario that gives at least this many records and has ended by now; no daily rhythm, no anomalies."""
    # Visits come at random: a tenth and a thousand more than the mean are enough for any seed.
    duration = timedelta(seconds=(events * 1.1 + 1000) / rate)
    start = datetime.now(UTC).replace(microsecond=0) - duration
    chosen: dict[str, Any] = {"rate": rate, "start": start, "duration": duration, "flat": True, "anomalies": 0}
    return Scenario(**chosen | values)


def records(events: int, rate: float = RATE, **values: Any) -> Iterator[Record]:
    """Give exactly so many records in the order in which they are sent.

    Raises ShopstreamError at the end when the traffic was too thin for them.
    """
    chosen = scenario(events, rate, **values)
    given = 0
    for record in islice(Disorder(chosen)(Simulation(chosen).clean_events()), events):
        given += 1
        yield record
    if given < events:
        raise ShopstreamError(f"the traffic has only {given:,} records, not {events:,}: choose more users.")
