"""The load of the freshness benchmark: all of the traffic, each record at its time."""

import pytest

from benchmarks import steady_load
from ingestion.simulator.disorder import Disorder, Record
from ingestion.simulator.simulation import Simulation


def made(seconds: float) -> tuple[list[Record], int]:
    chosen = steady_load.scenario(500, seconds)
    return list(Disorder(chosen)(Simulation(chosen).clean_events())), chosen.start_us


def test_each_record_goes_out_once_in_order_and_at_most_a_burst_late() -> None:
    records, start_us = made(20)
    now = start_us / 1e6 - 3.0
    sent: list[tuple[float, Record]] = []

    def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds

    steady_load.play(
        steady_load.bursts(records, start_us),
        start_us / 1e6,
        lambda record: sent.append((now, record)),
        clock=lambda: now,
        sleep=sleep,
    )
    assert [record for _, record in sent] == records
    delays = [at - record.send_us / 1e6 for at, record in sent]
    assert min(delays) >= -1e-3
    assert max(delays) <= steady_load.BURST_SECONDS + 1e-3


def test_the_rate_is_as_asked() -> None:
    records, _ = made(60)
    assert len(records) / 60 == pytest.approx(500, rel=0.15)


def test_what_is_overdue_goes_at_once() -> None:
    records, start_us = made(5)
    sent: list[Record] = []

    def sleep(_seconds: float) -> None:
        raise AssertionError("nothing is early")

    steady_load.play(
        steady_load.bursts(records, start_us),
        start_us / 1e6,
        sent.append,
        clock=lambda: start_us / 1e6 + 999,
        sleep=sleep,
    )
    assert sent == records
