"""Replays recorded events into Kafka, at their own pace, faster, or as fast as it goes."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from ingestion.ecom import EcomClickstream
from ingestion.errors import ShopstreamError
from ingestion.event import Event
from ingestion.event_file import EventFile
from ingestion.interrupt import ctrl_c
from ingestion.producer import EventProducer, ProducerCounts

_PROGRESS_SECONDS = 0.1


class Source(Protocol):
    """Recorded events; each pass gives the same events in the same order."""

    name: str

    def __iter__(self) -> Iterator[Event]:
        """Start a pass over the events."""


def open_source(name: str, datasets: Path) -> Source:
    """Return the source of this name: ``ecom``, or the path of an event file. Raises ShopstreamError."""
    return EcomClickstream(datasets) if name == "ecom" else EventFile(Path(name))


@dataclass(frozen=True, slots=True)
class Selection:
    """Which events of a source are replayed, by their recorded time: ``start <= timestamp < end``."""

    start: datetime | None = None
    end: datetime | None = None
    limit: int | None = None

    def of(self, source: Source) -> Iterator[Event]:
        """Give the selected events; ``limit`` takes the first ones."""
        taken = 0
        for event in source:
            if self.limit is not None and taken >= self.limit:
                return
            before = self.start is not None and event.timestamp < self.start
            if before or (self.end is not None and event.timestamp >= self.end):
                continue
            taken += 1
            yield event


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """What a replay did. ``produced`` events are stored in Kafka, by topic in ``per_topic``.

    ``shift`` was added to every recorded time and is exact to the microsecond; ``first_timestamp`` and
    ``last_timestamp`` are the least and greatest of the selection after it (None when there is none).
    """

    source: str
    read: int
    produced: int
    failed: int
    per_topic: dict[str, int]
    seconds: float
    shift: timedelta = timedelta()
    first_timestamp: datetime | None = None
    last_timestamp: datetime | None = None

    @property
    def shift_us(self) -> int:
        """The shift in whole microseconds."""
        return self.shift // timedelta(microseconds=1)

    def as_json(self) -> dict[str, Any]:
        """Return the report as JSON values; times are ISO 8601 in UTC."""
        return {
            "source": self.source,
            "read": self.read,
            "produced": self.produced,
            "failed": self.failed,
            "per_topic": self.per_topic,
            "shift_us": self.shift_us,
            "shift_seconds": self.shift.total_seconds(),
            "first_timestamp": _iso(self.first_timestamp),
            "last_timestamp": _iso(self.last_timestamp),
            "seconds": round(self.seconds, 3),
        }


def _iso(instant: datetime | None) -> str | None:
    return None if instant is None else instant.astimezone(UTC).isoformat(timespec="microseconds")


class ReplayInterrupted(KeyboardInterrupt):
    """Ctrl-C: what was accepted has been sent; ``report`` says how much that was."""

    def __init__(self, report: ReplayReport) -> None:
        super().__init__()
        self.report = report


class ReplayFailed(ShopstreamError):
    """Kafka did not store everything; ``report`` says what it did store."""

    def __init__(self, sentence: str, report: ReplayReport) -> None:
        super().__init__(sentence)
        self.report = report


@dataclass(frozen=True, slots=True)
class Span:
    """Extent of a selection: number of events, least and greatest recorded time."""

    events: int
    first: datetime | None
    last: datetime | None


def measure(source: Source, selection: Selection) -> Span:
    """Read the whole selection and return its extent. Raises ShopstreamError for a bad row."""
    events = 0
    first = last = None
    for event in selection.of(source):
        events += 1
        first = event.timestamp if first is None else min(first, event.timestamp)
        last = event.timestamp if last is None else max(last, event.timestamp)
    return Span(events, first, last)


def replay(
    source: Source,
    producer: EventProducer,
    speed: float | None = None,
    shift: bool = False,
    selection: Selection | None = None,
    started: Callable[[Span, timedelta], None] = lambda _span, _shift: None,
    progress: Callable[[int], None] = lambda _read: None,
) -> ReplayReport:
    """Send the selected events of a source and return once Kafka has stored every one.

    The source is read twice: first to find its extent, so that nothing is sent when a row is bad. ``speed``
    is recorded time over real time (60 plays a minute in a second), None sends without a pause. ``shift``
    moves the greatest time of the selection to now, and all others by the same amount. ``started`` is called
    with the extent and the shift before the first event, ``progress`` now and then
    with the events read so far.

    Raises ShopstreamError for a bad row or an unreachable Kafka, ReplayFailed when Kafka stored only a part,
    ReplayInterrupted on Ctrl-C (a second Ctrl-C ends at once). Event ids do not change with the shift.
    """
    chosen = selection or Selection()
    span = measure(source, chosen)
    moved = datetime.now(UTC) - span.last if shift and span.last is not None else timedelta()
    started(span, moved)
    before = producer.counts()
    begun = time.monotonic()
    next_progress = begun
    read = 0
    failure: ShopstreamError | None = None
    with ctrl_c() as stop:
        try:
            for event in chosen.of(source):
                if speed is not None and span.first is not None:
                    due = begun + (event.timestamp - span.first).total_seconds() / speed
                    stop.sleep_until(due)
                if stop.requested:
                    break
                producer.send(replace(event, timestamp=event.timestamp + moved) if moved else event)
                read += 1
                if time.monotonic() >= next_progress:
                    progress(read)
                    next_progress = time.monotonic() + _PROGRESS_SECONDS
            progress(read)
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
        read=read,
        **stored_since(before, producer.counts()),
        shift=moved,
        first_timestamp=None if span.first is None else span.first + moved,
        last_timestamp=None if span.last is None else span.last + moved,
        seconds=time.monotonic() - begun,
    )
    if failure is not None:
        raise ReplayFailed(str(failure), report) from failure
    if interrupted:
        raise ReplayInterrupted(report)
    return report


def stored_since(before: ProducerCounts, after: ProducerCounts) -> dict[str, Any]:
    """Return what a producer did between two counts, as the report's ``produced``, ``failed`` and ``per_topic``."""
    earlier = before.acknowledged_by_topic
    return {
        "produced": after.acknowledged - before.acknowledged,
        "failed": after.failed - before.failed,
        "per_topic": {
            topic: count - earlier.get(topic, 0)
            for topic, count in sorted(after.acknowledged_by_topic.items())
            if count > earlier.get(topic, 0)
        },
    }
