"""Whether a dead letter is sent again, and what exactly."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from ingestion.dead_letters.dead_letter import DeadLetter, Position
from ingestion.dead_letters.marks import Marks
from ingestion.dead_letters.mended_file import Mended
from ingestion.topics import topic_of
from ingestion.verdict import MAX_BYTES, Rejection, read

_LATE = timedelta(minutes=10)


class Outcome(StrEnum):
    """What becomes of a selected letter."""

    SEND = "send"
    REPLAYED = "replayed before"
    REJECTED = "still no event"
    CUT = "bytes are cut"


@dataclass(frozen=True, slots=True)
class Resent:
    """A record to send. ``partition`` None: Kafka's rule for the key decides."""

    letter: DeadLetter
    topic: str
    partition: int | None
    key: bytes | None
    value: bytes | None
    mended: bool
    is_old: bool
    """More than 10 minutes before now: a stream that is up to date keeps it in the lake and counts it late."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of one letter; ``sentence`` says why it is not sent, ``line`` is that of the mended file."""

    outcome: Outcome
    resent: Resent | None = None
    sentence: str = ""
    line: int | None = None


class Decider:
    """Decides letter by letter; a record that was decided to be sent is not sent a second time.

    ``again``: also what was replayed before. ``force``: also what is no event, and would come straight back.
    ``mended``: what to send in place of the originals; then letters that it does not name are not asked for.
    """

    def __init__(
        self, marks: Marks, again: bool = False, force: bool = False, mended: Mapping[Position, Mended] | None = None
    ) -> None:
        self._marks = marks
        self._again = again
        self._force = force
        self._mended = mended or {}
        self._decided: set[tuple[Position, datetime]] = set()

    def decide(self, letter: DeadLetter, now: datetime | None = None) -> Decision:
        """Return what becomes of the letter if Kafka received it ``now`` (by default, the present)."""
        now = now or datetime.now(UTC)
        mended = self._mended.get(letter.source)
        line = mended.line if mended else None
        identity = letter.source, letter.kafka_time
        if identity in self._decided or (not self._again and self._marks.replayed_at(letter)):
            return Decision(Outcome.REPLAYED, line=line)
        if mended is None and letter.is_cut:
            self._decided.add(identity)
            return Decision(Outcome.CUT, sentence=_sentence(letter.verdict(now)))
        value = mended.value if mended else letter.raw
        verdict = read(value, now)
        if isinstance(verdict, Rejection) and (not self._force or len(value or b"") > MAX_BYTES):
            return Decision(Outcome.REJECTED, sentence=verdict.message, line=line)
        self._decided.add(identity)
        return Decision(Outcome.SEND, _resent(letter, value, verdict, now), line=line)


def _resent(letter: DeadLetter, value: bytes | None, verdict: dict[str, Any] | Rejection, now: datetime) -> Resent:
    mended = value != letter.raw
    if isinstance(verdict, Rejection):
        # Nothing tells where else it belongs.
        return Resent(letter, *letter.source[:2], letter.key, value, mended, is_old=False)
    is_old = now - verdict["timestamp"] > _LATE
    if not mended:
        # The same partition with the same key: after all that came before it, as at the first time.
        return Resent(letter, *letter.source[:2], letter.key, value, False, is_old)
    owner = verdict.get("user_id") or verdict.get("session_id")
    key = str(owner).encode() if owner else letter.key or str(uuid.uuid4()).encode()
    return Resent(letter, topic_of(verdict["event_type"]).name, None, key, value, True, is_old)


def _sentence(verdict: dict[str, Any] | Rejection) -> str:
    return verdict.message if isinstance(verdict, Rejection) else ""
