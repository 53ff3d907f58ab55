"""What is sent again: each record once, as it was or as it was mended."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from ingestion.dead_letters.dead_letter import DeadLetter, Position
from ingestion.dead_letters.decision import Decider, Decision, Outcome
from ingestion.dead_letters.marks import Mark, Marks
from ingestion.dead_letters.mended_file import Mended
from ingestion.verdict import MAX_BYTES
from tests.unit.ingestion.dead_letters.letters import NOON, event, letter

READABLE = letter(event(), code="bad_value")


class NoTopics:
    """A topic of marks without one."""

    def records(self, _topic: str) -> list[Any]:
        return []


def marks(*of: DeadLetter) -> Marks:
    found = Marks(NoTopics())  # type: ignore[arg-type]  # all that Marks asks of its topics
    for one in of:
        found.add(Mark(one.source, one.kafka_time, NOON, Position("web_events", 0, 99), False))
    return found


def decide(one: DeadLetter, now: datetime = NOON, value: bytes | None = None, **options: Any) -> Decision:
    mended = None if value is None else {one.source: Mended(4, value)}
    return Decider(marks(), mended=mended, **options).decide(one, now)


def test_what_is_an_event_now_goes_where_it_was_with_its_key() -> None:
    decision = decide(READABLE)
    assert decision.outcome is Outcome.SEND
    sent = decision.resent
    assert sent is not None
    assert (sent.topic, sent.partition, sent.key, sent.value) == ("web_events", 2, b"u1", event())
    assert (sent.mended, sent.is_old) == (False, False)


def test_what_is_still_none_stays() -> None:
    decision = decide(letter(b"{"))
    assert (decision.outcome, decision.resent) == (Outcome.REJECTED, None)
    assert "JSON" in decision.sentence


def test_force_sends_what_is_none_as_it_was() -> None:
    for raw in (b"{", None, b"\xff"):
        sent = decide(letter(raw, key=None), force=True).resent
        assert sent is not None
        assert (sent.topic, sent.partition, sent.key, sent.value, sent.mended) == ("web_events", 2, None, raw, False)


def test_a_clock_ahead_waits_for_its_time() -> None:
    ahead = letter(event(timestamp="2026-11-01T12:10:00Z"), code="future_timestamp")
    assert decide(ahead).outcome is Outcome.REJECTED
    assert decide(ahead, NOON + timedelta(minutes=5)).outcome is Outcome.SEND


@pytest.mark.parametrize("force", [False, True])
def test_cut_bytes_are_never_sent(force: bool) -> None:
    assert decide(letter(event(), code="too_large"), force=force).outcome is Outcome.CUT


def test_a_mended_value_takes_the_place_of_cut_bytes() -> None:
    sent = decide(letter(b"{", code="too_large"), value=event()).resent
    assert sent is not None
    assert (sent.value, sent.mended) == (event(), True)


@pytest.mark.parametrize(
    ("changes", "topic", "key"),
    [
        ({}, "transaction_events", b"u1"),
        ({"user_id": "ä"}, "transaction_events", "ä".encode()),
        ({"user_id": 7}, "transaction_events", b"7"),
        ({"user_id": None, "session_id": "s"}, "transaction_events", b"s"),
        ({"user_id": None}, "transaction_events", b"old"),
        ({"event_type": "page_view"}, "web_events", b"u1"),
        ({"event_type": "anything"}, "general_events", b"u1"),
    ],
)
def test_a_mended_event_goes_where_a_new_one_would(changes: dict[str, Any], topic: str, key: bytes) -> None:
    sent = decide(letter(b"{", key=b"old"), value=event(**changes)).resent
    assert sent is not None
    assert (sent.topic, sent.partition, sent.key, sent.mended) == (topic, None, key, True)


def test_a_mended_event_without_any_key_gets_a_random_one() -> None:
    keys = set()
    for _ in range(3):
        sent = decide(letter(b"{", key=None), value=event(user_id=None)).resent
        assert sent is not None
        keys.add(sent.key)
    assert len(keys) == 3
    assert None not in keys


def test_a_value_that_was_not_changed_is_not_mended() -> None:
    sent = decide(READABLE, value=event()).resent
    assert sent is not None
    assert (sent.partition, sent.mended) == (2, False)


def test_a_badly_mended_value_is_told_with_its_line() -> None:
    decision = decide(READABLE, value=event(properties={"total": "9.5"}))
    assert (decision.outcome, decision.line) == (Outcome.REJECTED, 4)


def test_nothing_larger_than_the_limit_is_sent() -> None:
    assert decide(READABLE, value=b"{" + b" " * MAX_BYTES, force=True).outcome is Outcome.REJECTED


def test_what_was_replayed_is_sent_again_only_on_demand() -> None:
    assert Decider(marks(READABLE)).decide(READABLE, NOON).outcome is Outcome.REPLAYED
    assert Decider(marks(READABLE), again=True).decide(READABLE, NOON).outcome is Outcome.SEND


def test_a_letter_that_was_written_twice_is_sent_once() -> None:
    for again in (False, True):
        decider = Decider(marks(READABLE), again=again)
        other = letter(event(), offset=18)
        outcomes = [decider.decide(one, NOON).outcome for one in (READABLE, other, READABLE, other)]
        first = Outcome.SEND if again else Outcome.REPLAYED
        assert outcomes == [first, Outcome.SEND, Outcome.REPLAYED, Outcome.REPLAYED]


def test_another_record_at_the_same_position_of_a_new_topic_was_not_replayed() -> None:
    newer = letter(event(), kafka_time="2026-11-01T12:00:00.501Z")
    assert Decider(marks(READABLE)).decide(newer, NOON).outcome is Outcome.SEND


def test_an_event_of_more_than_ten_minutes_ago_is_called_old() -> None:
    for minutes, is_old in ((10, False), (10.01, True)):
        sent = decide(READABLE, NOON + timedelta(minutes=minutes - 1)).resent
        assert sent is not None
        assert sent.is_old is is_old
