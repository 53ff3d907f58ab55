"""Dead letters as a file of JSON lines that a person or a program mends."""

import base64
import binascii
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from ingestion.dead_letters.dead_letter import DeadLetter, Position
from ingestion.errors import ShopstreamError


class Mended(NamedTuple):
    """What to send in place of one record."""

    line: int
    value: bytes


def write_letters(path: Path, letters: Iterable[DeadLetter]) -> int:
    """Write one line a letter into a new file and return how many.

    A line has ``source``, ``error_code``, ``error_message``, ``kafka_time`` and ``value``: the JSON object in the
    bytes, or their text; ``value_base64`` in its place when they are no UTF-8. Only the owner may read the file,
    for events hold personal data. Raises ShopstreamError when the file is there already or cannot be written.
    """
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            count = 0
            for letter in letters:
                file.write(json.dumps(_row(letter), ensure_ascii=False) + "\n")
                count += 1
            return count
    except FileExistsError as error:
        raise ShopstreamError(f"{path} is there already: give another name, or delete it.") from error
    except OSError as error:
        raise ShopstreamError(f"{path} cannot be written: {error.strerror}.") from error


def read_mended(path: Path) -> dict[Position, Mended]:
    """Read what ``write_letters`` wrote and somebody changed; lines may be missing. Memory holds the whole file.

    ``value`` may be an object, which is sent as JSON, or text, which is sent as it is. Raises ShopstreamError that
    names the line which is not like that, or whose source an earlier line has.
    """
    mended: dict[Position, Mended] = {}
    try:
        with path.open(encoding="utf-8") as file:
            for line, text in enumerate(file, start=1):
                if not text.strip():
                    continue
                try:
                    source, value = _mended(json.loads(text, parse_constant=_refuse))
                except (TypeError, ValueError, KeyError, binascii.Error, ShopstreamError) as error:
                    reason = f"no {error}" if isinstance(error, KeyError) else str(error).rstrip(".")
                    raise ShopstreamError(f"{path}, line {line}: {reason}.") from error
                if source in mended:
                    raise ShopstreamError(f"{path}, line {line}: {source} is in line {mended[source].line} already.")
                mended[source] = Mended(line, value)
    except UnicodeDecodeError as error:
        raise ShopstreamError(f"{path} is not UTF-8 text.") from error
    except OSError as error:
        raise ShopstreamError(f"{path} cannot be read: {error.strerror}.") from error
    return mended


def _row(letter: DeadLetter) -> dict[str, Any]:
    row: dict[str, Any] = {
        "source": str(letter.source),
        "error_code": letter.error_code,
        "error_message": letter.message,
        "kafka_time": letter.kafka_time.isoformat(timespec="milliseconds"),
    }
    raw = letter.raw or b""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return row | {"value_base64": base64.b64encode(raw).decode()}
    return row | {"value": _object(text)}


def _object(text: str) -> dict[str, Any] | str:
    """Return the JSON object in the text, unless writing it anew could lose something; else the text."""
    try:
        value = json.loads(text, parse_constant=_refuse, object_pairs_hook=_unique)
        # Half a surrogate pair, or an infinite number, cannot be written.
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        return text
    return value if isinstance(value, dict) else text


def _mended(row: Any) -> tuple[Position, bytes]:
    if not isinstance(row, dict):
        raise ValueError("not a JSON object")
    source = Position.parse(str(row["source"]))
    if "value_base64" in row and "value" not in row:
        return source, base64.b64decode(row["value_base64"], validate=True)
    value = row["value"]
    if isinstance(value, str):
        return source, value.encode()
    if not isinstance(value, dict):
        raise ValueError("value must be an object or text")
    return source, json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key for key, _ in pairs}) < len(pairs):
        raise ValueError("a key appears twice")
    return dict(pairs)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON value")
