"""Dead letters as the job writes them, made by hand."""

import base64
import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from ingestion.dead_letters.dead_letter import DeadLetter

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


def event(**changes: Any) -> bytes:
    """An event of one minute before noon, changed."""
    fields = {"event_id": "e1", "event_type": "purchase", "timestamp": "2026-11-01T11:59:00Z", "user_id": "u1"}
    return json.dumps(fields | {"properties": {"total": 9.5}} | changes).encode()


def record(
    raw: bytes | None = b"{",
    offset: int = 17,
    code: str = "not_json",
    kafka_time: str = "2026-11-01T12:00:00.5Z",
    key: bytes | None = b"u1",
    topic: str = "web_events",
) -> Any:
    """A record of the topic of dead letters."""
    row = {
        "error_code": code,
        "error_message": "A sentence.",
        "source_topic": topic,
        "source_partition": 2,
        "source_offset": offset,
        "kafka_time": kafka_time,
        "key_base64": None if key is None else base64.b64encode(key).decode(),
        "raw_base64": None if raw is None else base64.b64encode(raw).decode(),
    }
    return foreign(json.dumps(row).encode(), offset)


def foreign(value: bytes | None, offset: int = 3) -> Any:
    """A record of that topic with any value."""
    milliseconds = int(NOON.timestamp() * 1000) + 1234
    return SimpleNamespace(topic="dead_letter_events", partition=0, offset=offset, timestamp=milliseconds, value=value)


def letter(raw: bytes | None = b"{", offset: int = 17, **changes: Any) -> DeadLetter:
    """The dead letter of ``record``."""
    return DeadLetter.from_record(record(raw, offset, **changes))
