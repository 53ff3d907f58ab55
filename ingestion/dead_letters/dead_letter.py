"""A dead letter: a Kafka record that is not a valid event, with its bytes and the reason."""

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from kafka.consumer.fetcher import ConsumerRecord

from ingestion.errors import ShopstreamError
from ingestion.verdict import MAX_BYTES, Rejection, parse_timestamp, read


class Position(NamedTuple):
    """Where a record lies in Kafka; as text ``topic:partition:offset``."""

    topic: str
    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.topic}:{self.partition}:{self.offset}"

    @classmethod
    def parse(cls, text: str) -> "Position":
        """Read ``topic:partition:offset``. Raises ShopstreamError for anything else."""
        topic, partition, offset = ([*text.split(":"), "", ""])[:3]
        if text.count(":") != 2 or not (topic and _is_number(partition) and _is_number(offset)):
            raise ShopstreamError(f"{text} is no record: give topic:partition:offset, such as web_events:2:17.")
        return cls(topic, int(partition), int(offset))


class NotADeadLetterError(ValueError):
    """A record of the topic of dead letters that none of our jobs wrote."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One rejected record. ``source`` is its identity: a job that reads again may write the same letter twice."""

    source: Position
    error_code: str
    message: str
    kafka_time: datetime
    """When Kafka received the rejected record; UTC, milliseconds."""

    raw: bytes | None
    """Its value; None for a record without one. Of ``too_large`` only the first 256 KiB."""

    key: bytes | None
    """Its Kafka key; None for a record without one."""

    found_at: Position
    """Where the dead letter itself lies."""

    written_at: datetime
    """When the dead letter was written; UTC."""

    @classmethod
    def from_record(cls, record: ConsumerRecord) -> "DeadLetter":
        """Read a record of ``dead_letter_events``; raises NotADeadLetterError when it is none."""
        try:
            row = json.loads(record.value)
            kafka_time = parse_timestamp(row["kafka_time"])
            if kafka_time is None:
                raise ValueError("kafka_time is no time")
            return cls(
                Position(str(row["source_topic"]), int(row["source_partition"]), int(row["source_offset"])),
                str(row["error_code"]),
                str(row["error_message"]),
                kafka_time,
                _bytes(row["raw_base64"]),
                _bytes(row.get("key_base64")),
                Position(record.topic, record.partition, record.offset),
                datetime.fromtimestamp(record.timestamp / 1000, UTC),
            )
        except (TypeError, ValueError, KeyError, binascii.Error) as error:
            raise NotADeadLetterError(f"{record.topic}:{record.partition}:{record.offset}: {error}") from error

    @property
    def is_cut(self) -> bool:
        """Whether the bytes are not whole, so that they can never be sent again."""
        return self.error_code == "too_large"

    def verdict(self, now: datetime) -> dict[str, Any] | Rejection:
        """Return what the record would be if Kafka received it now: an event, or a rejection."""
        if self.is_cut:
            return Rejection("too_large", f"Only the first {MAX_BYTES:,} bytes were kept; they are not the record.")
        return read(self.raw, now)


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else base64.b64decode(text, validate=True)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal()
