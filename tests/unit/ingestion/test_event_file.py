import csv
import gzip
import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingestion.errors import ShopstreamError
from ingestion.event import Event
from ingestion.event_file import EventFile

EVENTS = [
    Event(
        "e1",
        "search",
        datetime(2026, 1, 2, tzinfo=UTC),
        "user_ü",
        "s1",
        {"query": 'a "b", c\nd'},
        {"device": "tv"},
    ),
    Event("e2", "page_view", datetime(2026, 1, 1, tzinfo=UTC)),
]
HEADER = "event_id,event_type,timestamp,user_id,session_id,properties,context\n"


def as_csv() -> bytes:
    file = io.StringIO(newline="")
    rows = csv.writer(file)
    file.write(HEADER)
    for event in EVENTS:
        # Indented, so that one row spans several lines.
        properties, context = json.dumps(event.properties, indent=1), json.dumps(event.context)
        rows.writerow(
            [event.event_id, event.event_type, event.timestamp.isoformat(), event.user_id, event.session_id]
            + [properties, context]
        )
    return file.getvalue().encode()


def as_json_lines() -> bytes:
    return b"\n\n".join(event.to_bytes(datetime(2026, 1, 3, tzinfo=UTC), "1") for event in EVENTS)


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.jsonl", "a.jsonl.gz", "A.JSONL.GZ"])
def test_every_format_gives_the_same_events_in_file_order(tmp_path: Path, name: str) -> None:
    content = as_csv() if ".csv" in name else as_json_lines()
    path = tmp_path / name
    path.write_bytes(gzip.compress(content) if name.lower().endswith(".gz") else content)
    source = EventFile(path)
    assert list(source) == EVENTS
    assert list(source) == EVENTS


def test_a_byte_order_mark_is_no_part_of_a_column(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"\xef\xbb\xbf" + as_csv())
    assert list(EventFile(path)) == EVENTS


def test_optional_columns_may_be_absent(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("timestamp,event_id,event_type\n2026-01-01T00:00:00Z,e2,page_view\n")
    assert list(EventFile(path)) == [EVENTS[1]]


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.csv", b"event_id,event_type\n", "line 1: column timestamp is missing"),
        ("a.csv", b"", "line 1: column event_id is missing"),
        ("a.csv", b"event_id,event_type,timestamp,price\n", "line 1: column price is unknown"),
        ("a.csv", b"event_id,event_type,timestamp,event_id\n", "line 1: column event_id appears twice"),
        ("a.csv", as_csv() + b"e3,click\n", "line 6: 2 cells under 7 columns"),
        (
            "a.csv",
            HEADER.encode() + b'e3,click,2026-01-01T00:00:00Z,u,s,{,"{}"\n',
            "line 2: properties is not JSON",
        ),
        ("a.csv", HEADER.encode() + b"e3,click,soon,u,s,,\n", "line 2: timestamp is not an ISO 8601"),
        ("a.csv", HEADER.encode() + b'e3,"click', "line 2: not CSV"),
        ("a.csv", HEADER.encode() + b"\xff\n", "line 2: not UTF-8"),
        ("a.jsonl", as_json_lines() + b"\n{", "line 4: not JSON"),
        ("a.jsonl", b"[1]", "line 1: not a JSON object"),
        ("a.jsonl", b'{"event_id":"e1"}', "line 1: event_type is missing"),
        ("a.jsonl", b'\n\n{"event_id":"\xff"}', "line 3: not UTF-8"),
        ("a.jsonl.gz", gzip.compress(as_json_lines())[:-9], "is not a complete gzip file"),
        ("a.jsonl.gz", as_json_lines(), "is not a complete gzip file"),
    ],
)
def test_the_bad_line_is_named(tmp_path: Path, name: str, content: bytes, sentence: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ShopstreamError, match=sentence) as raised:
        list(EventFile(path))
    assert str(path) in str(raised.value)


def test_other_files_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ShopstreamError, match="neither `ecom` nor a .csv"):
        EventFile(tmp_path / "events.parquet")
    with pytest.raises(ShopstreamError, match="there is no file"):
        EventFile(tmp_path / "events.csv")
