"""A message of Segment's HTTP tracking API as an event of ours."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import orjson

from ingestion import verdict
from ingestion.collector.clock import happened_at
from ingestion.collector.context import context_of
from ingestion.collector.ids import id_of
from ingestion.collector.limits import MAX_EVENT_BYTES
from ingestion.collector.names import CALLS, event_type_of
from ingestion.collector.properties import properties_of
from ingestion.collector.receipt import Receipt
from ingestion.errors import ShopstreamError
from ingestion.event import Event
from ingestion.producer import PRODUCER_VERSION
from ingestion.verdict import Rejection


@dataclass(frozen=True, slots=True)
class Collected:
    """An event that every reader takes, with its Kafka value."""

    event: Event
    value: bytes


def read_message(message: object, receipt: Receipt, call: str | None = None) -> Collected | Rejection:
    """Return the event in one message, or why there is none; no decoded JSON makes it raise.

    ``call`` is the message's type where the address says it; in a batch it is the message's ``type``. A
    message sent again with its ``messageId`` gives an event with the same ``event_id``.
    """
    if not isinstance(message, dict):
        return Rejection("not_an_object", "The message is not a JSON object.")
    try:
        size = len(orjson.dumps(message))
    except TypeError:
        return Rejection("not_json", "The message nests too deep.")
    if size > MAX_EVENT_BYTES:
        return Rejection("too_large", f"The message has {size} bytes; at most {MAX_EVENT_BYTES} are allowed.")
    event = _event(message, receipt, call or message.get("type"))
    if isinstance(event, Rejection):
        return event
    try:
        value = event.to_bytes(receipt.received_at, PRODUCER_VERSION)
    except ShopstreamError:
        return Rejection("not_json", "The message nests too deep, or holds a number that JSON cannot carry.")
    # The readers' own verdict on the very bytes: what is accepted here is never a dead letter.
    found = verdict.read(value)
    return found if isinstance(found, Rejection) else Collected(event, value)


def _event(message: Mapping[str, Any], receipt: Receipt, call: object) -> Event | Rejection:
    if not isinstance(call, str) or call not in CALLS:
        return Rejection("bad_value", f"type must be one of {', '.join(CALLS)}.")
    for name in ("properties", "traits", "context"):
        if not isinstance(message.get(name), dict | None):
            return Rejection("bad_value", f"{name} must be a JSON object.")
    event_type = CALLS[call] or _tracked(message.get("event"))
    if isinstance(event_type, Rejection):
        return event_type
    user_id, anonymous_id = id_of(message.get("userId")), id_of(message.get("anonymousId"))
    if user_id is None and anonymous_id is None:
        return Rejection("missing_field", "The message needs userId or anonymousId.")
    timestamp = happened_at(message, receipt)
    if isinstance(timestamp, Rejection):
        return timestamp
    given: dict[str, Any] = {**receipt.context, **(message.get("context") or {})}
    stated = message.get("properties") or {}
    # What is no id is the verdict's business, as for every other producer.
    event_id, user = cast("str | None", id_of(message.get("messageId"))), cast("str | None", user_id)
    session = id_of(given.get("sessionId"), given.get("session_id"), stated.get("session_id"), stated.get("sessionId"))
    return Event(
        event_id=str(uuid.uuid4()) if event_id is None else event_id,
        event_type=event_type,
        timestamp=timestamp,
        user_id=user,
        session_id=cast("str | None", session),
        properties=_properties(call, event_type, message, stated, given),
        context=context_of(given, anonymous_id, receipt),
    )


def _tracked(name: object) -> str | Rejection:
    if not isinstance(name, str) or not name.strip():
        return Rejection("missing_field", "A track message needs event, the name of what happened.")
    return event_type_of(name) or Rejection("bad_value", "event has no letter or digit.")


def _properties(
    call: str, event_type: str, message: Mapping[str, Any], stated: Mapping[str, Any], context: Mapping[str, Any]
) -> dict[str, Any]:
    if call == "identify":
        return {"traits": message.get("traits") or {}}
    properties = properties_of(event_type, stated, context.get("page"))
    if call != "track":
        # Not under "category": that is a product's.
        for ours, theirs in (("name", "name"), ("page_category", "category")):
            if message.get(theirs) is not None:
                properties.setdefault(ours, message[theirs])
        if isinstance(properties.get("name"), str):
            properties.setdefault("page", properties["name"])
    return properties
