import hashlib
from collections import Counter
from datetime import UTC, datetime
from typing import get_args

import pytest

from ingestion.simulator.poison import KINDS, Poison
from ingestion.topics import EVENT_TOPICS
from ingestion.verdict import MAX_BYTES, ErrorCode, Rejection, read
from tests.unit.ingestion.simulator.conftest import Run

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind)
@pytest.mark.parametrize("timestamp", ["2026-03-01T09:00:00.000000+00:00", "2028-02-29T23:59:59.999999+00:00"])
def test_each_kind_has_its_error_code(kind: Poison, timestamp: str) -> None:
    value = kind.write("serial-17", timestamp)
    verdict = read(value, datetime.fromisoformat(timestamp))
    assert isinstance(verdict, Rejection)
    assert verdict.error_code == kind.error_code
    assert b"serial-17" in value
    assert b"\n" not in value


def test_every_error_code_has_a_kind() -> None:
    assert {kind.error_code for kind in KINDS} == set(get_args(ErrorCode))


def test_too_large_is_just_over_the_limit() -> None:
    (kind,) = [kind for kind in KINDS if kind.error_code == "too_large"]
    assert MAX_BYTES < len(kind.write("s", "2026-03-01T09:00:00Z")) < MAX_BYTES + 500


def test_everything_else_is_a_valid_event(run: Run) -> None:
    end = run.scenario.start + run.scenario.duration
    for arrival in run.arrivals:
        verdict = read(arrival.value, end)
        assert not isinstance(verdict, Rejection), arrival.value


def test_the_run_s_poison_is_that_of_the_truth(run: Run) -> None:
    notes = run.truth.of("poison")
    for note in notes:
        value = run.values[note["line"] - 1]
        assert hashlib.sha256(value).hexdigest() == note["sha256"]
        # Also when the file is replayed in another year.
        for kafka_time in (NOW, datetime(2031, 1, 1, tzinfo=UTC)):
            verdict = read(value, kafka_time)
            assert isinstance(verdict, Rejection)
            assert verdict.error_code == note["error_code"]
    assert len({note["sha256"] for note in notes}) == len(notes)
    assert {note["poison"] for note in notes} == {kind.kind for kind in KINDS}
    assert {note["topic"] for note in notes} == {topic.name for topic in EVENT_TOPICS}
    codes = Counter(note["error_code"] for note in notes)
    assert codes == run.report.error_codes
    assert codes["too_large"] < 0.02 * len(notes)
