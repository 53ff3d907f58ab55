"""The verdict on Kafka values: the shared corpus, any bytes, and clocks that run ahead."""

import base64
import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.verdict import Rejection, parse_timestamp, read

CORPUS = Path(__file__).parents[2] / "corpus" / "events.jsonl"
CASES = [json.loads(line) for line in CORPUS.read_text().splitlines()]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
NUMBERS = ("properties.total", "properties.price", "properties.quantity", "properties.rank")
WHOLE_NUMBERS = ("properties.quantity", "properties.rank")


def raw_of(case: dict[str, Any]) -> bytes:
    if "raw_base64" in case:
        return base64.b64decode(case["raw_base64"])
    parts = case.get("raw_parts") or [[case["raw"], 1]]
    return "".join(text * times for text, times in parts).encode()


def value_at(event: dict[str, Any], path: str) -> Any:
    value: Any = event
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value


def fits(path: str, value: Any) -> bool:
    """Whether the column of the corpus holds a decoded value of this type; see tests/corpus/README.md."""
    if path == "properties.gift":
        return isinstance(value, bool)
    if path == "properties.items":
        return isinstance(value, list)
    if path in WHOLE_NUMBERS:
        limit = 2**63 if path == "properties.quantity" else 2**31
        return type(value) is int and -limit <= value < limit
    if path in NUMBERS:
        return type(value) in (int, float) and abs(value) < float("inf")
    return value is not None


def test_corpus_is_large_and_names_are_unique() -> None:
    names = [case["name"] for case in CASES]
    assert len(names) >= 120
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_corpus(case: dict[str, Any]) -> None:
    verdict = read(raw_of(case))
    if isinstance(verdict, Rejection):
        assert verdict.error_code == case["verdict"]
        assert verdict.message.endswith(".")
        return
    assert case["verdict"] == "ok"
    assert (verdict["timestamp"] - EPOCH) // timedelta(microseconds=1) == case["timestamp_us"]
    for path, expected in case.get("fields", {}).items():
        value = value_at(verdict, path)
        if expected is None:
            assert not fits(path, value)
        elif path == "properties.items":
            rows = [item for item in value if isinstance(item, dict)]
            assert [str(row["product_id"]) for row in rows] == [row[0] for row in expected]
        elif isinstance(expected, str) and not isinstance(value, str):
            # A column of text shows another value as it is written.
            assert json.loads(expected) == value
        else:
            assert (float(value) if isinstance(expected, float) else value) == expected
            assert isinstance(value, bool) == isinstance(expected, bool)


@given(st.binary(max_size=200))
def test_any_bytes_get_a_verdict(raw: bytes) -> None:
    assert isinstance(read(raw), dict | Rejection)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
NAMES = st.sampled_from(["event_id", "event_type", "timestamp", "user_id", "properties", "context"])


@given(st.dictionaries(NAMES, JSON | st.sampled_from(["purchase", "2026-11-01T12:00:00Z"])))
def test_any_object_gets_a_verdict(document: dict[str, Any]) -> None:
    assert isinstance(read(json.dumps(document).encode()), dict | Rejection)


@given(
    event_id=TEXT.filter(str.strip),
    event_type=TEXT.filter(lambda text: text.strip() and text not in {"purchase", "add_to_cart", "remove_from_cart"}),
    timestamp=st.datetimes(datetime(1970, 1, 3), datetime(9999, 12, 29)),  # noqa: DTZ001  # the offset is drawn apart
    offset=st.integers(-1439, 1439),
    user_id=st.none() | TEXT,
    page=JSON,
    ascii_only=st.booleans(),
)
def test_valid_events_are_accepted(
    event_id: str,
    event_type: str,
    timestamp: datetime,
    offset: int,
    user_id: str | None,
    page: Any,
    ascii_only: bool,
) -> None:
    moment = timestamp.replace(tzinfo=timezone(timedelta(minutes=offset)))
    document = {
        "event_id": event_id,
        "event_type": event_type,
        "timestamp": moment.isoformat(),
        "user_id": user_id,
        "properties": {"page": json.loads(json.dumps(page), parse_constant=lambda _: None)},
    }
    raw = json.dumps(document, ensure_ascii=ascii_only).encode(errors="replace")
    verdict = read(raw)
    assert isinstance(verdict, dict)
    assert (verdict["event_id"], verdict["event_type"]) == (event_id, event_type)
    assert (verdict["timestamp"], verdict["user_id"]) == (moment, user_id)


@pytest.mark.parametrize(
    ("lead", "code"),
    [
        (timedelta(minutes=5), None),
        (timedelta(minutes=5, microseconds=1), "future_timestamp"),
        (timedelta(days=-300), None),
        (timedelta(days=26_000), "future_timestamp"),
    ],
)
def test_a_clock_that_runs_ahead(lead: timedelta, code: str | None) -> None:
    raw = json.dumps({"event_id": "e", "event_type": "click", "timestamp": (NOON + lead).isoformat()}).encode()
    verdict = read(raw, kafka_time=NOON)
    assert (verdict.error_code if isinstance(verdict, Rejection) else None) == code


def test_a_bad_value_is_told_before_a_clock_that_runs_ahead() -> None:
    verdict = read(b'{"event_id":"e","event_type":"purchase","timestamp":"2099-01-01T00:00:00Z"}', NOON)
    assert isinstance(verdict, Rejection)
    assert verdict.error_code == "bad_value"


def test_a_record_without_a_value() -> None:
    assert read(None) == Rejection("not_json", "The record has no value.")


def test_messages_quote_no_value() -> None:
    secret = "s3cret@example.com"  # noqa: S105  # not a password: what must not show
    for raw in (
        '{"event_id":"%s"}',
        '{"event_id":"1","event_type":"c","timestamp":"%s"}',
        '{"event_id":"1","event_type":"c","timestamp":"2026-11-01T12:00:00Z","user_id":["%s"]}',
        '{"%s',
    ):
        verdict = read((raw % secret).encode())
        assert isinstance(verdict, Rejection)
        assert secret not in verdict.message


def test_timestamps_are_utc() -> None:
    moment = parse_timestamp("2026-11-01T12:00:00.123456789+02:00")
    assert moment == datetime(2026, 11, 1, 10, 0, 0, 123456, tzinfo=UTC)
    assert moment.utcoffset() == timedelta(0)
    assert parse_timestamp(1793534400) is None
