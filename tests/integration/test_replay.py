import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from ingestion import topic_admin
from ingestion.ecom import fetch
from ingestion.producer import EventProducer
from ingestion.replay import Selection, open_source, replay
from ingestion.settings import KafkaSettings
from ingestion.topics import EVENT_TOPICS
from tests.integration.topic_tail import TopicTail

ROOT = Path(__file__).parents[2]
DATASETS = ROOT / ".shopstream" / "datasets"

# Written from the page docs/reference/ecom.md, not from the program's table.
EXPECTED = (Path(__file__).parents[1] / "ecom_expected.sql").read_text()


@pytest.fixture(scope="module")
def broker(kafka_bootstrap: str) -> str:
    topic_admin.apply(kafka_bootstrap)
    return kafka_bootstrap


@pytest.fixture(scope="module")
def expected() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute(EXPECTED, [str(fetch(DATASETS))])
    return connection


@pytest.fixture
def tail(broker: str) -> Iterator[TopicTail]:
    tail = TopicTail(broker, *(topic.name for topic in EVENT_TOPICS))
    yield tail
    tail.close()


def test_the_whole_clickstream_arrives(broker: str, tail: TopicTail, expected: duckdb.DuckDBPyConnection) -> None:
    with EventProducer(KafkaSettings(kafka_bootstrap=broker)) as producer:
        report = replay(open_source("ecom", DATASETS), producer, shift=True)
    rows = expected.sql("SELECT * FROM expected").fetchall()
    assert (report.read, report.produced, report.failed) == (31_106, 31_106, 0)
    assert report.per_topic == dict(expected.sql("SELECT topic, count(*) FROM expected GROUP BY 1").fetchall())

    shift = timedelta(microseconds=report.shift_us)
    wanted = {
        event_id: (topic, kind, user, session, at.replace(tzinfo=UTC) + shift, amount)
        for event_id, kind, _name, user, session, at, topic, amount in rows
    }
    assert len(wanted) == 31_106
    found = {}
    times = defaultdict(list)
    records = tail.read(60)
    for record in records:
        event = json.loads(record.value)
        at = datetime.fromisoformat(event["timestamp"])
        times[record.topic, record.key].append(at)
        properties = event["properties"]
        found[event["event_id"]] = (
            record.topic,
            event["event_type"],
            record.key.decode(),
            event["session_id"],
            at,
            properties.get("total", properties.get("price")),
        )
    assert len(records) == 31_106
    assert found == wanted
    assert all(of_key == sorted(of_key) for of_key in times.values())


def test_a_selection_by_recorded_time(broker: str, tail: TopicTail, expected: duckdb.DuckDBPyConnection) -> None:
    start, end = datetime(2024, 3, 1, tzinfo=UTC), datetime(2024, 3, 3, 12, tzinfo=UTC)
    with EventProducer(KafkaSettings(kafka_bootstrap=broker)) as producer:
        report = replay(open_source("ecom", DATASETS), producer, selection=Selection(start, end))
    ids = expected.sql(
        "SELECT event_id FROM expected WHERE happened >= '2024-03-01 00:00' AND happened < '2024-03-03 12:00'"
    ).fetchall()
    arrived = Counter(json.loads(record.value)["event_id"] for record in tail.read())
    assert arrived == Counter(event_id for (event_id,) in ids)
    assert report.produced == len(ids) > 100


def start_replay(broker: str, *arguments: str) -> subprocess.Popen[str]:
    environment = {
        **os.environ,
        "SHOPSTREAM_KAFKA_BOOTSTRAP": broker,
        "SHOPSTREAM_STATE": str(ROOT / ".shopstream"),
    }
    command = [sys.executable, "-c", "from deploy.cli import main; main()", "replay", *arguments]
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_a_file_through_the_command_line(broker: str, tail: TopicTail, tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    path.write_text(
        "event_id,event_type,timestamp,user_id,session_id,properties,context\n"
        'c1,purchase,2026-01-01T02:00:00+02:00,u1,s1,"{""total"": 5.5}",\n'
        "c2,click,2026-01-01T00:00:01Z,u1,,,\n"
    )
    process = start_replay(broker, str(path), "--json")
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    report = json.loads(out)
    assert (report["read"], report["produced"]) == (2, 2)
    assert report["per_topic"] == {"transaction_events": 1, "web_events": 1}
    values = {event["event_id"]: event for event in (json.loads(record.value) for record in tail.read())}
    assert values["c1"]["properties"] == {"total": 5.5}
    assert values["c1"]["timestamp"] == "2026-01-01T00:00:00.000000+00:00"
    assert values["c2"]["session_id"] is None


def test_ctrl_c_stores_and_reports_what_was_accepted(broker: str, tail: TopicTail, tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    day = [{"event_id": f"x{n}", "event_type": "click", "timestamp": f"2026-01-0{n}T00:00:00Z"} for n in (1, 2)]
    path.write_text("\n".join(map(json.dumps, day)))
    process = start_replay(broker, str(path), "--speed", "1x", "--json")
    deadline = time.monotonic() + 60
    # The first event goes out at once; the second would follow a day later.
    while not tail.read():
        assert time.monotonic() < deadline
        assert process.poll() is None, process.communicate()[1]
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert json.loads(out)["produced"] == 1
    assert "Traceback" not in err


def test_a_bad_row_is_one_sentence_and_nothing_is_sent(broker: str, tail: TopicTail, tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text('{"event_id":"y1","event_type":"click","timestamp":"2026-01-01T00:00:00Z"}\n{"event_id":"y2"}\n')
    process = start_replay(broker, str(path))
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert err.strip().splitlines()[-1] == f"shopstream: {path}, line 2: event_type is missing."
    assert "Traceback" not in err
    assert tail.read() == []
