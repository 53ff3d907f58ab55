"""The verdict on a Kafka value: a valid event, or the reason why it is none.

The Flink format ``shop-event`` gives the same verdicts; ``tests/corpus/events.jsonl`` holds both to it.
"""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, NoReturn

from ingestion.rules import RULES

ErrorCode = Literal[
    "too_large",
    "not_json",
    "not_an_object",
    "missing_field",
    "bad_timestamp",
    "bad_value",
    "future_timestamp",
]
"""In the order in which they are checked."""

MAX_BYTES = 256 * 1024
MAX_DEPTH = 64
MAX_CLOCK_LEAD = timedelta(minutes=5)
"""How far a timestamp may lie after the Kafka time of its record."""

_REQUIRED = ("event_id", "event_type", "timestamp")
_BLANK = " \t\n\v\f\r"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ISO_8601 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?"
    r"(?:[Zz]|([+-])([01]\d|2[0-3])(?::?([0-5]\d))?)?",
    re.ASCII,
)
# Without the closing quote a string runs to the end: a text that is cut must not be searched again and again.
_STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why a value is not a valid event. The message is one sentence and quotes no value of the record."""

    error_code: ErrorCode
    message: str


def read(raw: bytes | None, kafka_time: datetime | None = None) -> dict[str, Any] | Rejection:
    """Return the event in the bytes, or why there is none; any bytes get a verdict, none raises.

    The event is the decoded JSON object with ``timestamp`` as a UTC datetime (cut to microseconds) and
    numeric ids as text. Of equal keys the last wins; half a surrogate pair becomes U+FFFD. ``raw`` None is
    a record without a value. ``kafka_time`` (with a time zone) is when Kafka received the record; without
    it nothing is a ``future_timestamp``.
    """
    if not raw:
        return Rejection("not_json", "The record has no value.")
    if len(raw) > MAX_BYTES:
        return Rejection("too_large", f"The value has {len(raw)} bytes; at most {MAX_BYTES} are allowed.")
    try:
        document = _decode(raw)
    except ValueError as error:
        return Rejection("not_json", f"The value is not JSON: {error}.")
    if not isinstance(document, dict):
        return Rejection("not_an_object", "The value is JSON but not an object.")
    for name in _REQUIRED:
        value = document.get(name)
        if value is None or (isinstance(value, str) and not value.strip(_BLANK)):
            return Rejection("missing_field", f"The event has no {name}.")
    timestamp = parse_timestamp(document["timestamp"])
    if timestamp is None:
        return Rejection("bad_timestamp", "timestamp is not an ISO 8601 date and time of the years 1970 to 9999.")
    broken = _checked(document)
    if broken is not None:
        return Rejection("bad_value", broken)
    if kafka_time is not None and timestamp - kafka_time > MAX_CLOCK_LEAD:
        return Rejection("future_timestamp", "timestamp lies more than 5 minutes after Kafka received the record.")
    return document | {"timestamp": timestamp}


def parse_timestamp(value: object) -> datetime | None:
    """Return an ISO 8601 text as UTC, cut to microseconds; None if it is not one, or no text.

    ``T``, ``t`` or a space; 0 to 9 fraction digits; ``Z``, ``z``, ``+hh:mm``, ``+hhmm``, ``+hh``, or no
    offset for UTC. The moment must be within 1970 to 9999 in UTC; leap seconds and hour 24 are refused.
    """
    match = _ISO_8601.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return None
    *parts, fraction, sign, hours, minutes = match.groups()
    year, month, day, hour, minute, second = map(int, parts)
    try:
        local = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
        offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
        moment = local + offset if sign == "-" else local - offset
    except (ValueError, OverflowError):
        return None
    microseconds = int((fraction or "0").ljust(6, "0")[:6])
    return moment.replace(microsecond=microseconds) if moment >= _EPOCH else None


def _decode(raw: bytes) -> Any:
    text = raw.decode()
    # Most events have few brackets, which need not be matched to see that they are not deep.
    if text.count("{") + text.count("[") > MAX_DEPTH and _depth(text) > MAX_DEPTH:
        raise ValueError(f"it nests deeper than {MAX_DEPTH} levels")
    document = _DECODER.decode(text)
    return _without_surrogates(document) if "\\u" in text else document


def _depth(text: str) -> int:
    depth = deepest = 0
    for match in _STRING_OR_BRACKET.finditer(text):
        first = text[match.start()]
        if first in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif first in "]}":
            depth -= 1
    return deepest


def _integer(text: str) -> int | float:
    # JSON has one kind of number: "-0" is the double, and what no double can hold is infinite.
    return float(text) if text == "-0" or len(text) > 300 else int(text)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON value")


_DECODER = json.JSONDecoder(parse_int=_integer, parse_constant=_refuse)


def _without_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_without_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(item) for key, item in value.items()}
    return value


def _checked(document: dict[str, Any]) -> str | None:
    """Return what is wrong by the rules; write numeric ids as text."""
    event_type = document["event_type"]
    for rule in RULES:
        if not rule.applies_to(event_type):
            continue
        *parents, key = rule.path.split(".")
        holder: Any = document
        for parent in parents:
            holder = holder.get(parent) if isinstance(holder, dict) else None
        value = holder.get(key) if isinstance(holder, dict) else None
        if not rule.accepts(value):
            return rule.message
        if rule.kind == "id" and isinstance(value, int):
            holder[key] = str(value)
    return None
