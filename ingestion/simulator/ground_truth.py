"""The ground truth of a simulation: JSON lines that name everything a test has to find."""

import hashlib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any

import orjson

from ingestion.errors import ShopstreamError
from ingestion.simulator.disorder import Record

_HEADER_BYTES = 4096


class TruthWriter:
    """Writes the file as the records are sent; the header is filled in at the end.

    Until ``close`` the first line is blank: a file without a header is one whose writer was killed.
    """

    def __init__(self, path: Path) -> None:
        """Raises ShopstreamError when the file cannot be written."""
        self.path = path
        self.counts: Counter[str] = Counter()
        self.error_codes: Counter[str] = Counter()
        self.records = 0
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("wb")
        except OSError as error:
            raise ShopstreamError(f"the ground truth {path} cannot be written: {error.strerror}.") from error
        self._file.write(b" " * (_HEADER_BYTES - 1) + b"\n")

    def sent(self, record: Record) -> None:
        """Note one record that was sent; ``line`` counts the records from 1."""
        self.records += 1
        note = record.note
        if note is None:
            return
        kind = note["kind"]
        self.counts[kind] += 1
        note = {**note, "line": self.records}
        if kind == "poison":
            self.error_codes[note["error_code"]] += 1
            note["sha256"] = hashlib.sha256(record.value).hexdigest()
        self._file.write(orjson.dumps(note, option=orjson.OPT_APPEND_NEWLINE))

    def add(self, lines: Iterable[dict[str, Any]]) -> None:
        """Write further lines, each with its ``kind``."""
        for line in lines:
            self.counts[line["kind"]] += 1
            self._file.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))

    def close(self, header: dict[str, Any]) -> None:
        """Put the header in the first line and close the file."""
        text = orjson.dumps({"kind": "header", **header})
        if len(text) >= _HEADER_BYTES:
            raise ValueError("the header of the ground truth is longer than its room")
        self._file.seek(0)
        self._file.write(text)
        self._file.close()

    def __enter__(self) -> "TruthWriter":
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        self._file.close()


class GroundTruth:
    """A ground truth that was read: ``header``, and the other lines by kind."""

    def __init__(self, header: dict[str, Any], lines: dict[str, list[dict[str, Any]]]) -> None:
        self.header = header
        self._lines = lines

    def of(self, kind: str) -> list[dict[str, Any]]:
        """Return the lines of a kind: user, anomaly, late, too_late, duplicate or poison."""
        return self._lines.get(kind, [])

    def users(self) -> dict[str, dict[str, Any]]:
        """Return the visitors by the id under which the jobs know them: the user id, else the anonymous id.

        A newcomer's first page view comes before the signup and so under its anonymous id, which is not among these.
        """
        return {line["user_id"] or line["anonymous_id"]: line for line in self.of("user")}

    @classmethod
    def read(cls, path: Path, kinds: frozenset[str] | None = None) -> "GroundTruth":
        """Read a file; ``kinds`` keeps only lines of these. Raises ShopstreamError that says what is wrong."""
        lines: dict[str, list[dict[str, Any]]] = {}
        try:
            with path.open("rb") as file:
                first = file.readline()
                if not first.strip():
                    raise ShopstreamError(f"{path} has no header: the simulation that wrote it was killed.")
                header = orjson.loads(first)
                for text in file:
                    line = orjson.loads(text)
                    if kinds is None or line["kind"] in kinds:
                        lines.setdefault(line["kind"], []).append(line)
        except OSError as error:
            raise ShopstreamError(f"{path} cannot be read: {error.strerror}.") from error
        except (orjson.JSONDecodeError, KeyError, TypeError) as error:
            raise ShopstreamError(f"{path} is not the ground truth of a simulation.") from error
        return cls(header, lines)


def truth_beside(path: Path) -> Path:
    """Return where the ground truth of an output file is: ``x.truth.jsonl`` for ``x.jsonl`` and ``x.jsonl.gz``."""
    return path.with_name(path.name.removesuffix(".gz").removesuffix(".jsonl") + ".truth.jsonl")
