import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.dead_letters.preview import preview


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b'{"a": 1}\n\t', '{"a": 1}\n\t'),
        ("süß 😀".encode(), "süß 😀"),
        (b"\xff\xfe", "\\xff\\xfe"),
        (b"\x1b[31m\r\x00\x7f", "\\x1b[31m\\r\\x00\\x7f"),
        ("a\u202eb\u2028".encode(), "a\\u202eb\\u2028"),
    ],
)
def test_bytes_as_text(raw: bytes, text: str) -> None:
    assert preview(raw, 100) == text


def test_what_is_cut_says_so() -> None:
    assert preview(b"abcdef", 6) == "abcdef"
    assert preview(b"x" * 2006, 6) == "xxxxxx ... and 2,000 bytes more"
    assert preview("ä".encode(), 1) == "\\xc3 ... and 1 bytes more"


@given(st.binary(), st.integers(1, 50))
def test_nothing_reaches_the_terminal_but_signs(raw: bytes, limit: int) -> None:
    assert all(sign.isprintable() or sign in "\n\t" for sign in preview(raw, limit))
