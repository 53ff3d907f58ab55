import gzip
import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.collector.body import decode, inflate, limit_of
from ingestion.verdict import Rejection


def code(found: object) -> str | None:
    return found.error_code if isinstance(found, Rejection) else None


def test_limits_are_segment_s() -> None:
    assert limit_of("batch") == 500 * 1024
    assert {limit_of(call) for call in ("track", "page", "screen", "identify")} == {32 * 1024}


@pytest.mark.parametrize(
    "body,expected",
    [
        (b'{"a": "\\ud83d\\ude00"}', {"a": "\U0001f600"}),
        (b'{"a": "x\\ud83d"}', {"a": "x\ufffd"}),
        (b'{"a": "\\ude00\\ud83d\\ude00"}', {"a": "\ufffd\U0001f600"}),
        # An escaped backslash before it: no escape at all.
        (b'{"a": "\\\\ud83d", "b": "\\ud83d"}', {"a": "\\ud83d", "b": "\ufffd"}),
        (b'{"a": 1, "a": 2}', {"a": 2}),
        ('{"a": "é"}'.encode(), {"a": "é"}),
    ],
)
def test_json_is_read_as_browsers_write_it(body: bytes, expected: object) -> None:
    assert decode(body) == expected


@pytest.mark.parametrize(
    "body,error_code",
    [
        (b"", "not_json"),
        (b"{", "not_json"),
        (b'{"a": NaN}', "not_json"),
        (b'{"a": 1e999}', "not_json"),
        (b'{"a": "\xff"}', "not_json"),
        (b'{"a": "\\ud83d"', "not_json"),
        (b"[" * 5000 + b"]" * 5000, "not_json"),
        (b"[]", "not_an_object"),
        (b"null", "not_an_object"),
    ],
)
def test_what_is_no_object_is_refused(body: bytes, error_code: str) -> None:
    assert code(decode(body)) == error_code


@given(st.binary(max_size=200))
def test_no_bytes_make_it_raise(body: bytes) -> None:
    assert isinstance(decode(body), dict | Rejection)
    assert isinstance(inflate(body, 100), bytes | Rejection)


@given(st.dictionaries(st.text(), st.text(st.characters(exclude_categories=[])), max_size=4))
def test_any_text_of_a_browser_is_read(document: dict[str, str]) -> None:
    # JSON.stringify and json.dumps both write half a pair as an escape, and a whole one as two.
    found = decode(json.dumps(document).encode())
    assert found == {_mended(key): _mended(value) for key, value in document.items()}


def _mended(text: str) -> str:
    units = text.encode("utf-16-be", "surrogatepass").decode("utf-16-be", "surrogatepass")
    return "".join("\ufffd" if 0xD800 <= ord(unit) < 0xE000 else unit for unit in units)


def test_gzip_is_bounded() -> None:
    assert inflate(gzip.compress(b"x" * 100), 100) == b"x" * 100
    assert code(inflate(gzip.compress(b"x" * 101), 100)) == "too_large"
    assert code(inflate(gzip.compress(os.urandom(90))[:-20], 100)) == "not_json"
    assert code(inflate(b"plain", 100)) == "not_json"
