"""What was replayed: a mark a record, kept in Kafka where every machine sees it."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from ingestion.dead_letters.dead_letter import DeadLetter, Position
from ingestion.topic_reader import TopicReader
from ingestion.topics import DEAD_LETTER_REPLAYS


@dataclass(frozen=True, slots=True)
class Mark:
    """That the record at ``source`` was sent again. Key in Kafka: the source, as text."""

    source: Position
    kafka_time: datetime
    """When Kafka received it: another record at that position, of a topic made anew, has another time."""

    replayed_at: datetime
    sent_to: Position
    mended: bool
    """Whether other bytes than the original's were sent."""

    @property
    def key(self) -> bytes:
        """Kafka key, by which the topic is compacted."""
        return str(self.source).encode()

    def to_bytes(self) -> bytes:
        """Return the Kafka value."""
        return json.dumps(
            {
                "kafka_time": self.kafka_time.isoformat(timespec="milliseconds"),
                "replayed_at": self.replayed_at.isoformat(timespec="milliseconds"),
                "sent_to": str(self.sent_to),
                "mended": self.mended,
            }
        ).encode()

    @classmethod
    def from_bytes(cls, key: bytes, value: bytes) -> "Mark":
        """Read what ``key`` and ``to_bytes`` give."""
        row = json.loads(value)
        return cls(
            Position.parse(key.decode()),
            datetime.fromisoformat(row["kafka_time"]).astimezone(UTC),
            datetime.fromisoformat(row["replayed_at"]).astimezone(UTC),
            Position.parse(row["sent_to"]),
            bool(row["mended"]),
        )


class Marks:
    """All committed marks; memory holds about 200 bytes for each."""

    def __init__(self, topics: TopicReader) -> None:
        """Read them. Raises ShopstreamError when Kafka or the topic is away."""
        self._times: dict[tuple[str, int], dict[int, tuple[float, float]]] = {}
        for record in topics.records(DEAD_LETTER_REPLAYS.name):
            if record.value is not None:
                self.add(Mark.from_bytes(record.key, record.value))

    def add(self, mark: Mark) -> None:
        """Remember one more."""
        of_partition = self._times.setdefault(mark.source[:2], {})
        of_partition[mark.source.offset] = mark.kafka_time.timestamp(), mark.replayed_at.timestamp()

    def replayed_at(self, letter: DeadLetter) -> datetime | None:
        """Return when the letter's record was last sent again, in UTC; None if never."""
        times = self._times.get(letter.source[:2], {}).get(letter.source.offset)
        if times is None or times[0] != letter.kafka_time.timestamp():
            return None
        return datetime.fromtimestamp(times[1], UTC)


def last_mark(topics: TopicReader, letter: DeadLetter) -> Mark | None:
    """Return the last mark of one letter's record; None if it was never replayed."""
    key = str(letter.source).encode()
    value = topics.latest(DEAD_LETTER_REPLAYS.name, key).get(key)
    mark = None if value is None else Mark.from_bytes(key, value)
    return mark if mark is not None and mark.kafka_time == letter.kafka_time else None
