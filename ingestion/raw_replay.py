"""Replays values byte for byte, those that are no valid events too."""

import gzip
import hashlib
import time
import uuid
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from ingestion.errors import ShopstreamError
from ingestion.interrupt import ctrl_c
from ingestion.raw_producer import RawProducer
from ingestion.replay import ReplayFailed, ReplayInterrupted, ReplayReport, stored_since
from ingestion.simulator.ground_truth import GroundTruth, truth_beside
from ingestion.topics import GENERAL_EVENTS, topic_of
from ingestion.verdict import Rejection, read

_PROGRESS_EVERY = 512


class RawValue(NamedTuple):
    """One value and where it goes."""

    topic: str
    key: str
    value: bytes


class RawFile:
    """The lines of a file, gzipped if its name ends in .gz, as values: no byte is added, left out or checked.

    A value goes where the simulation's ground truth says that the poison of these bytes went; else, if it is
    a valid event, to its own topic under its own key; else to ``general_events`` under the hash of its bytes.
    """

    def __init__(self, path: Path, truth: Path | None = None) -> None:
        """``truth`` is by default FILE.truth.jsonl beside the file, if it is there. Raises ShopstreamError."""
        self.name = str(path)
        self._path = path
        if not path.is_file():
            raise ShopstreamError(f"there is no file {path}: give the name of a file of values, one a line.")
        beside = truth_beside(path)
        chosen = truth or (beside if beside.is_file() else None)
        self._poison: dict[str, tuple[str, str]] = {}
        if chosen is not None:
            lines = GroundTruth.read(chosen, frozenset({"poison"})).of("poison")
            self._poison = {line["sha256"]: (line["topic"], line["key"]) for line in lines}

    def __iter__(self) -> Iterator[RawValue]:
        """Give the values in the file's order. Raises ShopstreamError when the file cannot be read to its end."""
        opened = gzip.open if self._path.suffix.lower() == ".gz" else open
        lines = 0
        try:
            with opened(self._path, "rb") as file:
                for line in file:
                    lines += 1
                    yield self._routed(line.removesuffix(b"\n"))
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise ShopstreamError(f"{self.name} is not a complete gzip file (after line {lines}).") from error
        except OSError as error:
            raise ShopstreamError(f"{self.name} cannot be read: {error.strerror}.") from error

    def _routed(self, value: bytes) -> RawValue:
        # The truth goes first: to this reader, which has no Kafka time, an event of 2099 is a valid one.
        if self._poison and (found := self._poison.get(hashlib.sha256(value).hexdigest())):
            return RawValue(*found, value)
        event = read(value)
        if isinstance(event, Rejection):
            return RawValue(GENERAL_EVENTS.name, hashlib.sha256(value).hexdigest(), value)
        key = event.get("user_id") or event.get("session_id") or str(uuid.uuid4())
        return RawValue(topic_of(event["event_type"]).name, str(key), value)


def replay_raw(
    source: RawFile, producer: RawProducer, progress: Callable[[int], None] = lambda _read: None
) -> ReplayReport:
    """Send every value as fast as it goes and return once Kafka has stored all; times stay as they are.

    Raises ShopstreamError for an unreachable Kafka, ReplayFailed when Kafka stored only a part or the file broke off,
    ReplayInterrupted on Ctrl-C (a second Ctrl-C ends at once).
    """
    before = producer.counts()
    begun = time.monotonic()
    read_so_far = 0
    failure: ShopstreamError | None = None
    with ctrl_c() as stop:
        try:
            for topic, key, value in source:
                if stop.requested:
                    break
                producer.send_raw(topic, key, value)
                read_so_far += 1
                if read_so_far % _PROGRESS_EVERY == 0:
                    progress(read_so_far)
        except ShopstreamError as error:
            failure = error
        # What was accepted before is sent in any case, so that the report is the whole truth.
        try:
            producer.flush()
        except ShopstreamError as error:
            failure = failure or error
        interrupted = stop.requested
    report = ReplayReport(
        source=source.name,
        read=read_so_far,
        **stored_since(before, producer.counts()),
        seconds=time.monotonic() - begun,
    )
    if failure is not None:
        raise ReplayFailed(str(failure), report) from failure
    if interrupted:
        raise ReplayInterrupted(report)
    return report
