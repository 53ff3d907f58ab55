"""Files of events: CSV or JSON lines, plain or gzipped, read one row at a time."""

import csv
import gzip
import zlib
from codecs import BOM_UTF8
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import orjson

from ingestion.errors import ShopstreamError
from ingestion.event import Event

REQUIRED_COLUMNS = ("event_id", "event_type", "timestamp")
OPTIONAL_COLUMNS = ("user_id", "session_id", "properties", "context")
_JSON_COLUMNS = ("properties", "context")
_LONGEST_FIELD = 1024 * 1024

# A row with its line number; the number is that of its last line, as editors count.
Rows = Iterator[tuple[int, dict[str, Any]]]


class EventFile:
    """A file of events as a source of a replay, in the file's own order.

    The order is kept because it may be meant: a file can hold late and out-of-order events on purpose.
    Every pass reads the file again and holds one row in memory.
    """

    def __init__(self, path: Path) -> None:
        """Raises ShopstreamError for a name that ends in none of the known suffixes, or no such file."""
        self.name = str(path)
        self._path = path
        self._rows = _reader_of(path)
        if not path.is_file():
            raise ShopstreamError(f"there is no file {path}: give the name of an event file, or `ecom`.")

    def __iter__(self) -> Iterator[Event]:
        """Give the events. Raises ShopstreamError that names the line of the first bad row."""
        opened = gzip.open if self._path.suffix.lower() == ".gz" else open
        line = 0
        try:
            with opened(self._path, "rb") as file:
                for number, row in self._rows(_decoded(file)):
                    line = number
                    yield _event(line, row)
        except _BadRow as error:
            raise ShopstreamError(f"{self.name}, line {error.line}: {error}") from error
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise ShopstreamError(f"{self.name} is not a complete gzip file (after line {line}).") from error
        except OSError as error:
            raise ShopstreamError(f"{self.name} cannot be read: {error.strerror}.") from error


class _BadRow(Exception):
    def __init__(self, line: int, sentence: str) -> None:
        super().__init__(sentence)
        self.line = line


def _event(line: int, row: dict[str, Any]) -> Event:
    try:
        return Event.from_mapping(row)
    except ShopstreamError as error:
        raise _BadRow(line, str(error)) from error


def _decoded(file: Iterable[bytes]) -> Iterator[str]:
    for line, raw in enumerate(file, start=1):
        try:
            # Spreadsheets put a byte order mark in front.
            yield (raw.removeprefix(BOM_UTF8) if line == 1 else raw).decode()
        except UnicodeDecodeError as error:
            raise _BadRow(line, "not UTF-8 text.") from error


def _reader_of(path: Path) -> Callable[[Iterator[str]], Rows]:
    suffixes = [suffix.lower() for suffix in path.suffixes]
    kind = suffixes[-2:-1] if suffixes[-1:] == [".gz"] else suffixes[-1:]
    if kind == [".csv"]:
        return _csv_rows
    if kind == [".jsonl"]:
        return _json_rows
    raise ShopstreamError(f"{path} is neither `ecom` nor a .csv, .csv.gz, .jsonl or .jsonl.gz file.")


def _json_rows(lines: Iterator[str]) -> Rows:
    for line, text in enumerate(lines, start=1):
        if not text.strip():
            continue
        try:
            row = orjson.loads(text)
        except orjson.JSONDecodeError as error:
            raise _BadRow(line, f"not JSON: {error}.") from error
        if not isinstance(row, dict):
            raise _BadRow(line, "not a JSON object.")
        yield line, row


def _csv_rows(lines: Iterator[str]) -> Rows:
    csv.field_size_limit(_LONGEST_FIELD)
    rows = csv.reader(lines, strict=True)
    try:
        columns = next(rows, [])
        _check_columns(columns)
        for cells in rows:
            if not cells:
                continue
            if len(cells) != len(columns):
                raise _BadRow(rows.line_num, f"{len(cells)} cells under {len(columns)} columns.")
            yield rows.line_num, _event_row(rows.line_num, dict(zip(columns, cells, strict=True)))
    except csv.Error as error:
        raise _BadRow(rows.line_num, f"not CSV: {error}.") from error


def _check_columns(columns: list[str]) -> None:
    known = (*REQUIRED_COLUMNS, *OPTIONAL_COLUMNS)
    for name in REQUIRED_COLUMNS:
        if name not in columns:
            raise _BadRow(1, f"column {name} is missing; the columns are {', '.join(known)}.")
    for name in columns:
        if name not in known:
            raise _BadRow(1, f"column {name} is unknown; the columns are {', '.join(known)}.")
        if columns.count(name) > 1:
            raise _BadRow(1, f"column {name} appears twice.")


def _event_row(line: int, row: dict[str, str]) -> dict[str, Any]:
    # An empty cell is CSV's way to say null.
    event: dict[str, Any] = {name: cell for name, cell in row.items() if cell}
    for name in _JSON_COLUMNS:
        if name in event:
            try:
                event[name] = orjson.loads(event[name])
            except orjson.JSONDecodeError as error:
                raise _BadRow(line, f"{name} is not JSON: {error}.") from error
    return event
