import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.errors import ShopstreamError
from ingestion.event import Event
from ingestion.producer import EventProducer, ProducerCounts
from ingestion.replay import (
    ReplayFailed,
    ReplayInterrupted,
    ReplayReport,
    Selection,
    Source,
    measure,
    replay,
)

START = datetime(2024, 1, 1, tzinfo=UTC)


class Recorded:
    """A source of click events at the given seconds."""

    name = "recorded"

    def __init__(self, *seconds: float) -> None:
        self._seconds = seconds

    def __iter__(self) -> Iterator[Event]:
        for number, second in enumerate(self._seconds):
            yield Event(f"e{number}", "click", START + timedelta(seconds=second))


class Sent:
    """Takes events as the producer does and keeps them; ``refuse`` is raised for the event of that id."""

    def __init__(self, refuse: str | None = None, on_send: Callable[[], None] = lambda: None) -> None:
        self.events: list[Event] = []
        self.times: list[float] = []
        self.flushed = 0
        self._refuse = refuse
        self._on_send = on_send

    def send(self, event: Event) -> None:
        if event.event_id == self._refuse:
            raise ShopstreamError("refused.")
        self.events.append(event)
        self.times.append(time.monotonic())
        self._on_send()

    def flush(self) -> None:
        self.flushed = len(self.events)

    def counts(self) -> ProducerCounts:
        topics = Counter(event.topic for event in self.events[: self.flushed])
        return ProducerCounts(len(self.events), self.flushed, 0, dict(topics))


def run(source: Source, sent: Sent, **options: Any) -> ReplayReport:
    return replay(source, cast("EventProducer", sent), **options)


def test_all_events_are_sent_and_reported() -> None:
    sent = Sent()
    report = run(Recorded(0, 5, 5, 2), sent)
    assert [event.event_id for event in sent.events] == ["e0", "e1", "e2", "e3"]
    assert (report.read, report.produced, report.failed) == (4, 4, 0)
    assert report.per_topic == {"web_events": 4}
    assert (report.first_timestamp, report.last_timestamp) == (START, START + timedelta(seconds=5))
    assert report.as_json()["last_timestamp"] == "2024-01-01T00:00:05.000000+00:00"


def test_a_report_counts_only_its_own_replay() -> None:
    sent = Sent()
    run(Recorded(0, 1), sent)
    assert run(Recorded(0), sent).produced == 1


@given(st.lists(st.integers(0, 10**9).map(lambda us: us / 1e6), min_size=1, max_size=20))
def test_the_shift_moves_the_last_event_to_now_and_keeps_every_distance(seconds: list[float]) -> None:
    recorded = list(Recorded(*seconds))
    before = datetime.now(UTC)
    sent = Sent()
    report = run(Recorded(*seconds), sent, shift=True)
    assert before <= max(event.timestamp for event in sent.events) <= datetime.now(UTC)
    shift = timedelta(microseconds=report.shift_us)
    assert [event.timestamp - shift for event in sent.events] == [event.timestamp for event in recorded]
    assert [event.event_id for event in sent.events] == [event.event_id for event in recorded]


@pytest.mark.parametrize(
    ("selection", "ids"),
    [
        (Selection(), ["e0", "e1", "e2", "e3"]),
        (Selection(start=START + timedelta(seconds=1)), ["e1", "e2", "e3"]),
        (Selection(end=START + timedelta(seconds=3)), ["e0", "e1"]),
        (Selection(START + timedelta(seconds=1), START + timedelta(seconds=3)), ["e1"]),
        (Selection(start=START + timedelta(seconds=1), limit=2), ["e1", "e2"]),
        (Selection(limit=0), []),
    ],
)
def test_selection(selection: Selection, ids: list[str]) -> None:
    assert [event.event_id for event in selection.of(Recorded(0, 1, 3, 4))] == ids


def test_an_empty_selection_is_no_error() -> None:
    report = run(Recorded(0), Sent(), shift=True, selection=Selection(limit=0))
    assert (report.read, report.shift_us, report.last_timestamp) == (0, 0, None)


def test_speed_keeps_the_recorded_distances() -> None:
    sent = Sent()
    run(Recorded(0, 20, 10, 40), sent, speed=100)
    distances = [at - sent.times[0] for at in sent.times]
    # Never early; the third was recorded before the second and follows it at once.
    assert distances[1] >= 0.19
    assert distances[2] >= distances[1]
    assert 0.39 <= distances[3] < 5


def test_a_bad_row_stops_the_replay_before_anything_is_sent() -> None:
    class Bad(Recorded):
        def __iter__(self) -> Iterator[Event]:
            yield from super().__iter__()
            raise ShopstreamError("line 9: bad.")

    sent = Sent()
    with pytest.raises(ShopstreamError, match="line 9"):
        run(Bad(0, 1), sent)
    assert sent.events == []


def test_a_refused_event_reports_what_was_stored_before() -> None:
    sent = Sent(refuse="e2")
    with pytest.raises(ReplayFailed, match="refused") as raised:
        run(Recorded(0, 1, 2, 3), sent)
    assert (raised.value.report.read, raised.value.report.produced) == (2, 2)


def test_ctrl_c_sends_what_was_accepted_and_reports_it() -> None:
    handler = signal.getsignal(signal.SIGINT)
    sent = Sent(on_send=lambda: os.kill(os.getpid(), signal.SIGINT))
    with pytest.raises(ReplayInterrupted) as raised:
        run(Recorded(0, 10_000), sent, speed=1)
    assert (raised.value.report.read, raised.value.report.produced) == (1, 1)
    assert signal.getsignal(signal.SIGINT) is handler


def test_progress_ends_at_the_number_of_events() -> None:
    seen: list[int] = []
    started: list[tuple[int, timedelta]] = []
    run(
        Recorded(0, 1, 2),
        Sent(),
        progress=seen.append,
        started=lambda span, shift: started.append((span.events, shift)),
    )
    assert started == [(3, timedelta())]
    assert seen[-1] == 3


def test_measure_finds_extremes_in_any_order() -> None:
    span = measure(Recorded(5, 1, 9, 2), Selection())
    assert (span.events, span.first, span.last) == (
        4,
        START + timedelta(seconds=1),
        START + timedelta(seconds=9),
    )
