"""Letters into a file, and the mended ones out of it."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.dead_letters.dead_letter import Position
from ingestion.dead_letters.mended_file import read_mended, write_letters
from ingestion.errors import ShopstreamError
from ingestion.verdict import Rejection, read
from tests.unit.ingestion.dead_letters.letters import event, letter

SOURCE = Position("web_events", 2, 17)


def there_and_back(folder: Path, raw: bytes | None) -> bytes:
    path = folder / "letters.jsonl"
    path.unlink(missing_ok=True)
    assert write_letters(path, [letter(raw)]) == 1
    (mended,) = read_mended(path).values()
    return mended.value


def rows(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_objects_are_objects_and_texts_are_texts(tmp_path: Path) -> None:
    path = tmp_path / "letters.jsonl"
    raws = [
        event(total="9"),
        b'{"a": NaN}',
        b"[1]",
        b"\xff",
        None,
        b'{"a": 1, "a": 2}',
        b'{"a": 1e999}',
        b'{"a": "\\ud800"}',
    ]
    assert write_letters(path, [letter(raw, offset) for offset, raw in enumerate(raws)]) == 8
    found = rows(path)
    assert found[0]["value"] == json.loads(raws[0] or b"")
    assert [row.get("value") for row in found[1:]] == [
        '{"a": NaN}',
        "[1]",
        None,
        "",
        '{"a": 1, "a": 2}',
        '{"a": 1e999}',
        '{"a": "\\ud800"}',
    ]
    assert found[3]["value_base64"] == "/w=="
    assert found[0]["source"] == "web_events:2:0"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_file_that_is_there_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "letters.jsonl"
    path.write_text("mine")
    with pytest.raises(ShopstreamError, match="is there already"):
        write_letters(path, [letter()])
    assert path.read_text() == "mine"


@given(st.binary(max_size=60))
def test_bytes_that_are_no_object_come_back_as_they_were(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    assert there_and_back(tmp_path_factory.getbasetemp(), raw) == raw


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=5), JSON))
def test_an_object_comes_back_with_the_same_meaning(
    tmp_path_factory: pytest.TempPathFactory, value: dict[str, Any]
) -> None:
    raw = json.dumps({"event_id": "e", "event_type": "click", "timestamp": "2026-11-01T12:00:00Z"} | value).encode()
    before, after = read(raw), read(there_and_back(tmp_path_factory.getbasetemp(), raw))
    if isinstance(before, Rejection):
        assert isinstance(after, Rejection)
        assert after.error_code == before.error_code
    else:
        assert after == before


def test_mended_values(tmp_path: Path) -> None:
    path = tmp_path / "letters.jsonl"
    write_letters(path, [letter(event(total="9")), letter(b"{", 18), letter(b"\xff", 19)])
    first, second, third = rows(path)
    first["value"]["total"] = 9
    second["value"] = '{"half": '
    third["value"] = {"ä": 1}
    path.write_text("\n\n".join(json.dumps(row) for row in (first, second, third)))
    mended = read_mended(path)
    assert json.loads(mended[SOURCE].value)["total"] == 9
    assert [(one.line, one.value) for one in mended.values()][1:] == [(3, b'{"half": '), (5, '{"ä":1}'.encode())]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "line 2: Expecting"),
        ("[]", "line 2: not a JSON object."),
        ('{"value": {}}', "line 2: no 'source'."),
        ('{"source": "web_events:2:18"}', "line 2: no 'value'."),
        ('{"source": "web_events", "value": {}}', "line 2: web_events is no record"),
        ('{"source": "web_events:2:18", "value": 7}', "line 2: value must be an object or text."),
        ('{"source": "web_events:2:18", "value": {"a": NaN}}', "line 2: NaN is no JSON value."),
        ('{"source": "web_events:2:18", "value_base64": "?"}', "line 2: "),
        ('{"source": "web_events:2:17", "value": {}}', "line 2: web_events:2:17 is in line 1 already."),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, reason: str) -> None:
    path = tmp_path / "letters.jsonl"
    path.write_text('{"source": "web_events:2:17", "value": {}}\n' + line)
    with pytest.raises(ShopstreamError) as raised:
        read_mended(path)
    assert reason in str(raised.value)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ShopstreamError, match="cannot be read"):
        read_mended(tmp_path / "none")
    (tmp_path / "latin").write_bytes(b'{"source": "\xe4"}')
    with pytest.raises(ShopstreamError, match="not UTF-8"):
        read_mended(tmp_path / "latin")
