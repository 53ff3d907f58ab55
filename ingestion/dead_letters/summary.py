"""Dead letters counted by error code and the topic they came from."""

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ingestion.dead_letters.dead_letter import DeadLetter
from ingestion.dead_letters.marks import Marks


@dataclass(slots=True)
class LetterGroup:
    """All selected letters of one code and source topic. Times are those of Kafka, in UTC."""

    error_code: str
    source_topic: str
    count: int
    replayed: int
    first: datetime
    last: datetime
    example: str
    """The sentence of the latest letter."""

    def as_json(self) -> dict[str, Any]:
        """Return it ready for JSON."""
        return {
            "error_code": self.error_code,
            "source_topic": self.source_topic,
            "count": self.count,
            "replayed": self.replayed,
            "first": _time(self.first),
            "last": _time(self.last),
            "example": self.example,
        }


def summarise(letters: Iterable[DeadLetter], marks: Marks) -> list[LetterGroup]:
    """Return the groups, the largest first. A letter that a job wrote twice counts twice."""
    groups: dict[tuple[str, str], LetterGroup] = {}
    for letter in letters:
        name, time = (letter.error_code, letter.source.topic), letter.kafka_time
        group = groups.get(name)
        if group is None:
            group = groups[name] = LetterGroup(*name, 0, 0, time, time, letter.message)
        group.count += 1
        group.replayed += marks.replayed_at(letter) is not None
        group.first = min(group.first, time)
        if time >= group.last:
            group.last, group.example = time, letter.message
    return sorted(groups.values(), key=lambda group: (-group.count, group.error_code, group.source_topic))


def latest(letters: Iterable[DeadLetter], count: int) -> list[DeadLetter]:
    """Return the letters whose records Kafka received last, newest first; holds ``count`` in memory."""
    return heapq.nlargest(count, letters, key=lambda letter: (letter.kafka_time, letter.source))


def as_json(letters: Iterable[DeadLetter], marks: Marks) -> Iterator[dict[str, Any]]:
    """Yield each letter without its bytes, ready for JSON."""
    for letter in letters:
        replayed_at = marks.replayed_at(letter)
        yield {
            "source": str(letter.source),
            "dead_letter": str(letter.found_at),
            "error_code": letter.error_code,
            "error_message": letter.message,
            "kafka_time": _time(letter.kafka_time),
            "bytes": len(letter.raw or b""),
            "replayed_at": None if replayed_at is None else _time(replayed_at),
        }


def _time(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")
