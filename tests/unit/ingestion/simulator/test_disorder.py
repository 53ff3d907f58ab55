"""A brute-force pass over the output: what a reader that knows only the rules finds, against the truth."""

from collections import Counter
from datetime import datetime, timedelta
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.simulator.disorder import Disorder
from ingestion.simulator.scenario import Scenario
from ingestion.simulator.simulation import Simulation
from ingestion.topics import EVENT_TOPICS
from tests.unit.ingestion.simulator.conftest import START, Run

PARTITIONS = {topic.name: topic.partitions for topic in EVENT_TOPICS}
TEN_MINUTES = timedelta(minutes=10)


def murmur2(data: bytes) -> int:
    """Austin Appleby's MurmurHash2 with Kafka's seed, written from its description."""
    mask, m = 0xFFFFFFFF, 0x5BD1E995
    h = (0x9747B28C ^ len(data)) & mask
    whole = len(data) // 4 * 4
    for at in range(0, whole, 4):
        k = int.from_bytes(data[at : at + 4], "little") * m & mask
        k = (k ^ k >> 24) * m & mask
        h = h * m & mask ^ k
    if whole < len(data):
        h = (h ^ int.from_bytes(data[whole:], "little")) * m & mask
    h = (h ^ h >> 13) * m & mask
    return h ^ h >> 15


@cache
def partition(topic: str, key: str) -> int:
    return (murmur2(key.encode()) & 0x7FFFFFFF) % PARTITIONS[topic]


def test_late_flags_are_those_of_the_truth(run: Run) -> None:
    newest: dict[tuple[str, int], datetime] = {}
    too_late, behind_all = {}, []
    newest_of_all = None
    for arrival in run.arrivals:
        at = arrival.event["timestamp"]
        place = arrival.topic, partition(arrival.topic, arrival.key)
        if place in newest and at < newest[place] - TEN_MINUTES:
            too_late[arrival.line] = arrival.event["event_id"], *place, newest[place] - at
        elif newest_of_all is not None:
            behind_all.append(newest_of_all - at)
        newest[place] = max(at, newest.get(place, at))
        newest_of_all = max(at, newest_of_all or at)
    expected = run.truth.of("too_late")
    assert {line: found[:3] for line, found in too_late.items()} == {
        note["line"]: (note["event_id"], note["topic"], note["partition"]) for note in expected
    }
    assert len(expected) > 150
    assert min(found[3] for found in too_late.values()) >= timedelta(minutes=15)
    assert max(found[3] for found in too_late.values()) <= timedelta(hours=2, seconds=1)
    # Whatever the watermark of a reader is, no other event is ten minutes behind it.
    assert max(behind_all) <= timedelta(minutes=9.5)
    assert max(behind_all) > timedelta(minutes=9)


def test_late_events_are_named(run: Run) -> None:
    notes = {note["line"]: note for note in run.truth.of("late")}
    newest, ids = START, {}
    for arrival in run.arrivals:
        if arrival.line in notes:
            note = notes[arrival.line]
            assert note["event_id"] == arrival.event["event_id"]
            assert (note["topic"], note["key"]) == (arrival.topic, arrival.key)
            assert note["partition"] == partition(arrival.topic, arrival.key)
            behind = newest - arrival.event["timestamp"]
            # The stream moves on between two events; the delay is by its clock (slowly, in an outage).
            assert behind == pytest.approx(timedelta(seconds=note["delay_seconds"]), abs=timedelta(seconds=5))
            assert 30 <= note["delay_seconds"] <= 570.1
            ids[arrival.line] = note["event_id"]
        newest = max(newest, arrival.event["timestamp"])
    assert len(ids) == len(notes) == len(set(ids.values())) > 1500


def test_what_is_not_late_is_at_most_seconds_out_of_order(run: Run) -> None:
    apart = {note["line"] for kind in ("late", "too_late", "duplicate") for note in run.truth.of(kind)}
    newest, behind = START, []
    for arrival in run.arrivals:
        if arrival.line not in apart:
            behind.append(newest - arrival.event["timestamp"])
            newest = max(newest, arrival.event["timestamp"])
    late = [gap for gap in behind if gap > timedelta(0)]
    assert max(late) <= timedelta(seconds=3.001)
    assert 0.08 < len(late) / len(behind) < 0.12


def test_duplicate_flags_are_those_of_the_truth(run: Run) -> None:
    first, again = {}, {}
    too_late = {note["line"] for note in run.truth.of("too_late")}
    for arrival in run.arrivals:
        event_id = arrival.event["event_id"]
        if event_id in first:
            original = first[event_id]
            assert arrival.value == original.value
            assert (arrival.topic, arrival.key) == (original.topic, original.key)
            assert original.line not in too_late
            again[arrival.line] = event_id
        else:
            first[event_id] = arrival
    expected = run.truth.of("duplicate")
    assert again == {note["line"]: note["event_id"] for note in expected}
    assert len(expected) > 600
    for note in expected:
        assert note["partition"] == partition(note["topic"], note["key"])


@pytest.mark.parametrize("kind", ["late", "too_late", "duplicate", "poison"])
def test_rates(run: Run, kind: str) -> None:
    scenario = run.scenario
    rate = {
        "late": scenario.late,
        "too_late": scenario.too_late,
        "duplicate": scenario.duplicates,
        "poison": scenario.poison,
    }[kind]
    clean = run.report.clean
    found = len(run.truth.of(kind))
    if kind == "late":
        # None begins in the last half minute of thirty.
        rate *= 1 - 0.5 / 30
    assert abs(found - clean * rate) < 4 * (clean * rate) ** 0.5
    assert run.report.counts[kind] == found


def test_the_end_of_the_run_sends_all_that_is_under_way() -> None:
    scenario = Scenario(users=50, rate=20, start=START, duration=timedelta(seconds=60), late=0.5, anomalies=0)
    clean = [event.event_id for event in Simulation(scenario).clean_events()]
    records = list(Disorder(scenario)(Simulation(scenario).clean_events()))
    kept = Counter(
        record.value.split(b'"', 4)[3].decode()
        for record in records
        if record.note is None or record.note["kind"] == "late"
    )
    assert kept == Counter(clean)
    assert [record.send_us for record in records] == sorted(record.send_us for record in records)


@settings(max_examples=10, deadline=None)
@given(
    late=st.floats(0, 0.6),
    jitter=st.floats(0, 0.3),
    too_late=st.floats(0, 0.1),
    duplicates=st.floats(0, 1),
    poison=st.floats(0, 1),
    seed=st.integers(0, 2**40),
)
def test_no_disorder_touches_a_clean_event(
    late: float, jitter: float, too_late: float, duplicates: float, poison: float, seed: int
) -> None:
    base = Scenario(users=40, rate=2, start=START, duration=timedelta(minutes=2), seed=seed, anomalies=2)
    clean = Counter(event.text.encode() for event in Simulation(base).clean_events())
    disordered = Scenario(
        users=40, rate=2, start=START, duration=timedelta(minutes=2), seed=seed, anomalies=2,
        late=late, out_of_order=jitter, too_late=too_late, duplicates=duplicates, poison=poison,
    )  # fmt: skip
    records = list(Disorder(disordered)(Simulation(disordered).clean_events()))
    kept = Counter(record.value for record in records if record.note is None or record.note["kind"] == "late")
    assert kept == clean
    copies = Counter(record.value for record in records if record.note and record.note["kind"] == "duplicate")
    assert all(kept[value] == count == 1 for value, count in copies.items())
    assert all(b"\n" not in record.value for record in records)
