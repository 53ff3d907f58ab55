"""The event: one thing that a person or a page did, as it travels through Kafka."""

import math
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from ingestion import verdict
from ingestion.errors import ShopstreamError
from ingestion.topics import topic_of

SCHEMA_VERSION = "1.0"


def parse_timestamp(text: str) -> datetime:
    """Return the instant as ``verdict.parse_timestamp`` reads it, in UTC; raises ValueError where that returns None."""
    instant = verdict.parse_timestamp(text)
    if instant is None:
        raise ValueError("not an ISO 8601 date and time of the years 1970 to 9999")
    return instant


@dataclass(frozen=True, slots=True)
class Event:
    """One event; ``timestamp`` is when it happened and carries an offset.

    ``properties`` says what happened, ``context`` in which circumstances (device, library; ``anonymous_id``
    for a visitor without a user id). Both hold JSON values and must not be changed afterwards.
    """

    event_id: str
    event_type: str
    timestamp: datetime
    user_id: str | None = None
    session_id: str | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)
    context: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.timestamp.tzinfo is None:
            raise ShopstreamError("timestamp has no offset: give a datetime with a time zone.")

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any]) -> "Event":
        """Build an event from decoded JSON; fields it does not know (``_metadata`` among them) are left out.

        Raises ShopstreamError that names the field that is missing or wrong.
        """
        event_id, event_type = _text(mapping, "event_id"), _text(mapping, "event_type")
        timestamp = mapping.get("timestamp")
        if not isinstance(timestamp, datetime):
            try:
                timestamp = parse_timestamp(_text(mapping, "timestamp"))
            except ValueError as error:
                raise ShopstreamError(
                    "timestamp is not an ISO 8601 date and time, such as 2026-11-01T12:00:00Z."
                ) from error
        return cls(
            event_id,
            event_type,
            timestamp,
            _text_or_none(mapping, "user_id"),
            _text_or_none(mapping, "session_id"),
            _object(mapping, "properties"),
            _object(mapping, "context"),
        )

    @property
    def topic(self) -> str:
        """Name of the Kafka topic that holds events of this type."""
        return topic_of(self.event_type).name

    def key(self) -> str:
        """Kafka key: the user, else the session, else a random id (a new one each call).

        Events with one key keep their order; a random key spreads the rest over the partitions.
        """
        return self.user_id or self.session_id or str(uuid.uuid4())

    def to_bytes(self, produced_at: datetime, producer_version: str) -> bytes:
        """Return the Kafka value: UTF-8 JSON with ``_metadata``, times with microseconds and offset.

        Raises ShopstreamError for what JSON cannot hold (NaN, infinity, objects, integers over 64 bits).
        """
        # orjson writes NaN as null, which would change a value without a word.
        if not (_finite(self.properties) and _finite(self.context)):
            raise ShopstreamError(f"event {self.event_id} holds NaN or infinity, which JSON cannot carry.")
        document = {
            "event_id": self.event_id,
            "event_type": self.event_type,
            "timestamp": self.timestamp.isoformat(timespec="microseconds"),
            "user_id": self.user_id,
            "session_id": self.session_id,
            "properties": self.properties,
            "context": self.context,
            "_metadata": {
                "produced_at": produced_at.isoformat(timespec="microseconds"),
                "producer_version": producer_version,
                "schema_version": SCHEMA_VERSION,
            },
        }
        try:
            return orjson.dumps(document)
        except TypeError as error:
            raise ShopstreamError(f"event {self.event_id} is not JSON: {error}.") from error


def _finite(value: object) -> bool:
    kind = type(value)
    if kind is str or kind is int or value is None:
        return True
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, list | tuple):
        return True
    return all(map(_finite, value))


def _text(mapping: Mapping[str, Any], name: str) -> str:
    value = mapping.get(name)
    if value is None:
        raise ShopstreamError(f"{name} is missing.")
    if not isinstance(value, str):
        raise ShopstreamError(f"{name} must be text, not {type(value).__name__}.")
    if not value:
        raise ShopstreamError(f"{name} is empty.")
    return value


def _text_or_none(mapping: Mapping[str, Any], name: str) -> str | None:
    return None if mapping.get(name) is None else _text(mapping, name)


def _object(mapping: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = mapping.get(name)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise ShopstreamError(f"{name} must be a JSON object, not {type(value).__name__}.")
    return value
