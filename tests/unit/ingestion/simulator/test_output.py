import gzip
import time
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from ingestion.errors import ShopstreamError
from ingestion.interrupt import Stop
from ingestion.raw_producer import RawProducer
from ingestion.simulator.disorder import Record
from ingestion.simulator.output import FileOutput, KafkaOutput
from ingestion.simulator.scenario import Scenario
from ingestion.topics import WEB_EVENTS
from tests.unit.ingestion.simulator.conftest import START

SCENARIO = Scenario(start=START, duration=timedelta(seconds=10))


def record(second: float, value: bytes = b"{}") -> Record:
    return Record(SCENARIO.start_us + int(second * 1e6), WEB_EVENTS, "k", value, None)


def test_files_hold_the_values_one_a_line(tmp_path: Path) -> None:
    values = [b"%d" % number for number in range(5000)] + [b"\xff\xfe", b""]
    for name in ("a.jsonl", "b.jsonl.gz", "c.jsonl.gz"):
        with FileOutput(tmp_path / name) as output:
            for value in values:
                assert output.send(record(0, value))
            output.finish()
    written = b"".join(value + b"\n" for value in values)
    assert (tmp_path / "a.jsonl").read_bytes() == written
    assert gzip.decompress((tmp_path / "b.jsonl.gz").read_bytes()) == written
    assert (tmp_path / "b.jsonl.gz").read_bytes() == (tmp_path / "c.jsonl.gz").read_bytes()


@pytest.mark.parametrize(("name", "sentence"), [("x.csv", "does not end in"), ("file/x.jsonl", "cannot be written")])
def test_a_file_that_cannot_be_is_one_sentence(tmp_path: Path, name: str, sentence: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ShopstreamError, match=sentence):
        FileOutput(tmp_path / name)


class Sent:
    """Takes values as the producer does, and the time at which they came."""

    def __init__(self) -> None:
        self.values: list[tuple[Any, ...]] = []
        self.times: list[float] = []

    def send_raw(self, topic: str, key: str, value: bytes) -> None:
        self.values.append((topic, key, value))
        self.times.append(time.monotonic())


def test_records_go_out_when_they_are_due_and_all_at_the_end() -> None:
    sent = Sent()
    output = KafkaOutput(cast("RawProducer", sent), SCENARIO, 20.0, Stop())
    begun = time.monotonic()
    seconds = (0, 2, 2, 4, 500, 900)
    for second in seconds:
        assert output.send(record(second, b"%d" % second))
    assert [value for _, _, value in sent.values] == [b"%d" % second for second in seconds]
    for at, second in zip(sent.times, seconds, strict=True):
        # Never too early; what is under way at the end does not wait for more than the end.
        assert at - begun >= min(second, 10) / 20
    assert sent.times[-1] - begun < 20


def test_records_a_millisecond_apart_share_a_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    sleep_until = Stop.sleep_until

    def wait(stop: Stop, due: float) -> None:
        waits.append(due)
        sleep_until(stop, due)

    monkeypatch.setattr(Stop, "sleep_until", wait)
    sent = Sent()
    output = KafkaOutput(cast("RawProducer", sent), SCENARIO, 1000.0, Stop())
    assert all(output.send(record(second)) for second in range(10))
    assert len(sent.values) == 10
    assert len(waits) <= 1


def test_at_most_speed_nothing_waits() -> None:
    sent = Sent()
    output = KafkaOutput(cast("RawProducer", sent), SCENARIO, None, Stop())
    begun = time.monotonic()
    assert all(output.send(record(second)) for second in (0, 5, 9))
    assert time.monotonic() - begun < 5


def test_ctrl_c_ends_a_wait_and_the_record_is_not_sent() -> None:
    sent, stop = Sent(), Stop()
    output = KafkaOutput(cast("RawProducer", sent), SCENARIO, 0.001, stop)
    assert output.send(record(0))
    stop.requested = True
    assert not output.send(record(9))
    assert len(sent.values) == 1
