import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.dead_letters.dead_letter import DeadLetter, NotADeadLetterError, Position
from ingestion.errors import ShopstreamError
from ingestion.verdict import Rejection
from tests.unit.ingestion.dead_letters.letters import NOON, event, foreign, letter, record


def test_a_letter_has_all_that_the_job_wrote() -> None:
    assert DeadLetter.from_record(record(b"\xff\x00", 17)) == DeadLetter(
        source=Position("web_events", 2, 17),
        error_code="not_json",
        message="A sentence.",
        kafka_time=datetime(2026, 11, 1, 12, 0, 0, 500_000, tzinfo=UTC),
        raw=b"\xff\x00",
        key=b"u1",
        found_at=Position("dead_letter_events", 0, 17),
        written_at=datetime(2026, 11, 1, 12, 0, 1, 234_000, tzinfo=UTC),
    )
    assert letter(None, key=None).raw is letter(None, key=None).key is None


def test_a_letter_of_a_job_that_wrote_no_key() -> None:
    found = record()
    row = json.loads(found.value)
    del row["key_base64"]
    assert DeadLetter.from_record(foreign(json.dumps(row).encode())).key is None


@pytest.mark.parametrize("name", ["error_code", "error_message", "source_topic", "kafka_time", "raw_base64"])
def test_a_record_that_lacks_something_is_no_letter(name: str) -> None:
    row = json.loads(record().value)
    del row[name]
    with pytest.raises(NotADeadLetterError, match="dead_letter_events:0:3"):
        DeadLetter.from_record(foreign(json.dumps(row).encode()))


@given(st.none() | st.binary() | st.sampled_from([b"[]", b'{"kafka_time": 1}', b"\xff"]))
def test_nothing_else_is_a_letter(value: bytes | None) -> None:
    with pytest.raises(NotADeadLetterError):
        DeadLetter.from_record(foreign(value))


@pytest.mark.parametrize(
    "text", ["", "web_events", "web_events:2", "web_events:2:", ":2:3", "a:b:c", "a:1:2:3", "a:-1:2"]
)
def test_what_is_no_position(text: str) -> None:
    with pytest.raises(ShopstreamError, match="give topic:partition:offset"):
        Position.parse(text)


def test_a_position_reads_what_it_writes() -> None:
    assert Position.parse(str(Position("a-b.c", 11, 2**40))) == Position("a-b.c", 11, 2**40)


def test_the_verdict_is_that_of_the_present_moment() -> None:
    ahead = letter(event(timestamp="2026-11-01T12:10:00Z"), code="future_timestamp")
    assert isinstance(ahead.verdict(NOON), Rejection)
    verdict = ahead.verdict(NOON + timedelta(minutes=5))
    assert isinstance(verdict, dict)
    assert verdict["event_id"] == "e1"


def test_cut_bytes_are_never_an_event() -> None:
    verdict = letter(event(), code="too_large").verdict(NOON)
    assert isinstance(verdict, Rejection)
    assert verdict.error_code == "too_large"
