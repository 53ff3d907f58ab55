"""Which dead letters a command works on."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from ingestion.dead_letters.dead_letter import DeadLetter, Position
from ingestion.errors import ShopstreamError


class OffsetRange(NamedTuple):
    """Offsets of one partition, both ends included; as text ``topic:partition:first-last``."""

    first: Position
    last_offset: int

    @classmethod
    def parse(cls, text: str) -> "OffsetRange":
        """Read ``topic:partition:offset`` or ``topic:partition:first-last``; ShopstreamError for anything else."""
        start, dash, last = text.rpartition("-")
        # A topic's name may hold dashes, an offset none.
        if not dash or ":" in last:
            first = Position.parse(text)
            return cls(first, first.offset)
        first = Position.parse(start)
        if not last.isdecimal() or int(last) < first.offset:
            raise ShopstreamError(f"{text} is no range: give topic:partition:first-last, such as web_events:2:17-40.")
        return cls(first, int(last))

    def __contains__(self, position: object) -> bool:
        return (
            isinstance(position, Position)
            and position[:2] == self.first[:2]
            and self.first.offset <= position.offset <= self.last_offset
        )


@dataclass(frozen=True, slots=True)
class Selection:
    """Dead letters that fulfil every condition given; an empty condition is fulfilled by all.

    ``start`` (inclusive) and ``end`` (exclusive) bound the moment when Kafka received the rejected record;
    ``ranges`` are offsets of the topics it came from. ``limit``: at most so many, in the order of the topic.
    """

    codes: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    start: datetime | None = None
    end: datetime | None = None
    ranges: tuple[OffsetRange, ...] = ()
    limit: int | None = None

    def takes(self, letter: DeadLetter) -> bool:
        """Whether the letter fulfils the conditions; the limit is not looked at."""
        return (
            (not self.codes or letter.error_code in self.codes)
            and (not self.topics or letter.source.topic in self.topics)
            and (self.start is None or letter.kafka_time >= self.start)
            and (self.end is None or letter.kafka_time < self.end)
            and (not self.ranges or any(letter.source in wanted for wanted in self.ranges))
        )
