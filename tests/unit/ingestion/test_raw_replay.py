import gzip
import hashlib
import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from ingestion.cli import replay
from ingestion.errors import ShopstreamError
from ingestion.producer import ProducerCounts
from ingestion.raw_producer import RawProducer
from ingestion.raw_replay import RawFile, RawValue, replay_raw
from ingestion.replay import ReplayFailed, ReplayInterrupted

CLICK = b'{"event_id":"e1","event_type":"click","timestamp":"2026-01-01T00:00:00Z","user_id":"u","session_id":"s"}'
PURCHASE = (
    b'{"event_id":"e2","event_type":"purchase","timestamp":"2026-01-01T00:00:00Z","session_id":"s",'
    b'"properties":{"total":1}}'
)
FUTURE = CLICK.replace(b"2026", b"2099")


class Sent:
    """Takes values as the producer does; ``on_send`` is called after each, ``refuse`` is raised at that value."""

    def __init__(self, on_send: Callable[[], None] = lambda: None, refuse: bytes | None = None) -> None:
        self.values: list[RawValue] = []
        self._on_send = on_send
        self._refuse = refuse

    def send_raw(self, topic: str, key: str, value: bytes) -> None:
        if value == self._refuse:
            raise ShopstreamError("refused.")
        self.values.append(RawValue(topic, key, value))
        self._on_send()

    def flush(self) -> None:
        pass

    def counts(self) -> ProducerCounts:
        return ProducerCounts(len(self.values), len(self.values), 0, {"all": len(self.values)})


def file_of(folder: Path, *lines: bytes, name: str = "x.jsonl") -> Path:
    path = folder / name
    data = b"".join(line + b"\n" for line in lines)
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


@pytest.mark.parametrize("name", ["x.jsonl", "x.jsonl.gz", "x.txt"])
def test_events_go_to_their_topic_and_key_and_the_rest_to_general_events(tmp_path: Path, name: str) -> None:
    broken = (b"\xff", b"", b"{", b"[1]\r")
    found = list(RawFile(file_of(tmp_path, CLICK, *broken, PURCHASE, name=name)))
    assert found == [
        ("web_events", "u", CLICK),
        *(("general_events", hashlib.sha256(value).hexdigest(), value) for value in broken),
        ("transaction_events", "s", PURCHASE),
    ]


def test_the_truth_beside_says_where_poison_went(tmp_path: Path) -> None:
    path = file_of(tmp_path, CLICK, FUTURE, b"[1]")
    notes = [
        {"kind": "poison", "sha256": hashlib.sha256(value).hexdigest(), "topic": topic, "key": "k"}
        for value, topic in ((FUTURE, "error_events"), (b"[1]", "web_events"))
    ]
    truth = file_of(
        tmp_path, b'{"kind":"header"}', *(json.dumps(note).encode() for note in notes), name="x.truth.jsonl"
    )
    wanted = [("web_events", "u", CLICK), ("error_events", "k", FUTURE), ("web_events", "k", b"[1]")]
    assert list(RawFile(path)) == wanted
    elsewhere = truth.rename(tmp_path / "other")
    assert list(RawFile(path, elsewhere)) == wanted
    assert next(iter(RawFile(path))).topic == "web_events"


@given(st.lists(st.binary(max_size=30).filter(lambda value: b"\n" not in value), max_size=20))
def test_every_byte_is_sent(tmp_path_factory: pytest.TempPathFactory, values: list[bytes]) -> None:
    path = file_of(tmp_path_factory.mktemp("raw"), *values)
    sent = Sent()
    report = replay_raw(RawFile(path), cast("RawProducer", sent))
    assert [value.value for value in sent.values] == values
    assert (report.read, report.produced, report.failed) == (len(values), len(values), 0)


def test_a_last_line_without_an_end_is_sent_too(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(CLICK + b"\n" + CLICK)
    assert [value for _, _, value in RawFile(path)] == [CLICK, CLICK]


def test_an_event_without_ids_gets_a_key_of_its_own(tmp_path: Path) -> None:
    bare = b'{"event_id":"e1","event_type":"click","timestamp":"2026-01-01T00:00:00Z","user_id":""}'
    first, second = RawFile(file_of(tmp_path, bare, bare))
    assert first.topic == "web_events"
    assert first.key != second.key


def test_a_broken_gzip_file_sends_what_came_before(tmp_path: Path) -> None:
    path = file_of(tmp_path, *[CLICK + b" " * number for number in range(3000)], name="x.jsonl.gz")
    path.write_bytes(path.read_bytes()[:-20])
    sent = Sent()
    with pytest.raises(ReplayFailed, match="is not a complete gzip file") as caught:
        replay_raw(RawFile(path), cast("RawProducer", sent))
    assert caught.value.report.produced == len(sent.values)


def test_a_value_that_is_refused_ends_the_replay_with_a_report(tmp_path: Path) -> None:
    sent = Sent(refuse=PURCHASE)
    with pytest.raises(ReplayFailed, match="refused") as caught:
        replay_raw(RawFile(file_of(tmp_path, CLICK, PURCHASE, CLICK)), cast("RawProducer", sent))
    assert caught.value.report.read == caught.value.report.produced == 1


def test_ctrl_c_sends_what_was_accepted(tmp_path: Path) -> None:
    sent = Sent(on_send=lambda: os.kill(os.getpid(), signal.SIGINT) if len(sent.values) == 2 else None)
    with pytest.raises(ReplayInterrupted) as caught:
        replay_raw(RawFile(file_of(tmp_path, *[CLICK] * 5)), cast("RawProducer", sent))
    assert caught.value.report.read == len(sent.values) == 2


def test_no_such_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ShopstreamError, match="there is no file"):
        RawFile(tmp_path / "none.jsonl")


@pytest.mark.parametrize("option", [["--speed", "1x"], ["--limit", "1"], ["--from", "2026-01-01"], ["--shift-to-now"]])
def test_raw_goes_with_nothing_that_changes_a_file(tmp_path: Path, option: list[str]) -> None:
    result = CliRunner().invoke(replay, [str(file_of(tmp_path, CLICK)), "--raw", *option])
    assert result.exit_code == 2
    assert "--raw sends a file as it is" in result.output


def test_a_truth_goes_with_raw(tmp_path: Path) -> None:
    result = CliRunner().invoke(replay, [str(file_of(tmp_path, CLICK)), "--truth", "x"])
    assert result.exit_code == 2
