"""Where the records go: a file, or Kafka in real time."""

import gzip
import time
from pathlib import Path
from types import TracebackType
from typing import IO, Protocol

from ingestion.errors import ShopstreamError
from ingestion.interrupt import Stop
from ingestion.raw_producer import RawProducer
from ingestion.simulator.disorder import Record
from ingestion.simulator.scenario import Scenario

_BUFFERED = 2048


class Output(Protocol):
    """Takes records in the order in which they are sent."""

    def send(self, record: Record) -> bool:
        """Take one record; False when it was not taken, for Ctrl-C came first."""

    def finish(self) -> None:
        """Return once every record taken is safe."""


class FileOutput:
    """One value a line, in a file that ends in .jsonl or .jsonl.gz. Equal records give equal bytes."""

    def __init__(self, path: Path) -> None:
        """Raises ShopstreamError when the file cannot be written."""
        self._lines: list[bytes] = []
        if not path.name.endswith((".jsonl", ".jsonl.gz")):
            raise ShopstreamError(f"{path} does not end in .jsonl or .jsonl.gz.")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            raw = path.open("wb")
        except OSError as error:
            raise ShopstreamError(f"{path} cannot be written: {error.strerror}.") from error
        self._raw = raw
        # No name and no time in the gzip header: they would differ from run to run.
        self._file: IO[bytes] = (
            gzip.GzipFile(filename="", mode="wb", fileobj=raw, compresslevel=3, mtime=0)  # type: ignore[assignment]
            if path.suffix == ".gz"
            else raw
        )

    def send(self, record: Record) -> bool:
        """Take one record."""
        lines = self._lines
        lines.append(record.value)
        if len(lines) >= _BUFFERED:
            self._write()
        return True

    def finish(self) -> None:
        """Write what is buffered."""
        self._write()

    def _write(self) -> None:
        if self._lines:
            self._lines.append(b"")
            self._file.write(b"\n".join(self._lines))
            self._lines.clear()

    def __enter__(self) -> "FileOutput":
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        self._file.close()
        self._raw.close()


class KafkaOutput:
    """Sends to Kafka, as fast as it goes, or at a speed: stream time over real time.

    At a speed records go out in bursts, up to 10 ms after they are due: a sleep for each costs more than all the rest.
    """

    _BURST_SECONDS = 0.01

    def __init__(self, producer: RawProducer, scenario: Scenario, speed: float | None, stop: Stop) -> None:
        """Time begins with the first record; ``stop`` ends a wait."""
        self._producer = producer
        self._scenario = scenario
        self._speed = speed
        self._stop = stop
        self._begun: float | None = None
        self._now_us = scenario.start_us

    def send(self, record: Record) -> bool:
        """Wait until the record is due, then hand it to the producer. Raises what the producer raises.

        What is still under way at the end of the run is due at its end.
        """
        if self._speed is not None and record.send_us > self._now_us:
            self._wait(min(record.send_us, self._scenario.end_us), self._speed)
            if self._stop.requested:
                return False
        self._producer.send_raw(record.topic.name, record.key, record.value)
        return True

    def finish(self) -> None:
        """Wait until Kafka has stored all. Raises ShopstreamError when it did not."""
        self._producer.flush()

    def _wait(self, due_us: int, speed: float) -> None:
        begun = self._begun = time.monotonic() if self._begun is None else self._begun
        start_us = self._scenario.start_us
        due = begun + (due_us - start_us) / 1e6 / speed
        if due > time.monotonic():
            self._stop.sleep_until(due + self._BURST_SECONDS)
        self._now_us = start_us + int((time.monotonic() - begun) * 1e6 * speed)
