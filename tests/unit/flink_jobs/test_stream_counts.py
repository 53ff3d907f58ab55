"""Flink's answers, as a cluster gave them, made into counts."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from flink_jobs.job_metrics import JobMetrics
from flink_jobs.stream_counts import stream_counts
from ingestion.errors import ShopstreamError

JOB, OTHER = "a" * 32, "b" * 32
_TABLE = "Source__KafkaSource-default_catalog_default_database_records"
# By vertex and metric, summed over the subtasks.
SOURCE = {
    f"{_TABLE}.numRecordsIn": 1000.0,
    f"{_TABLE}.numRecordsInErrors": 3.0,
    f"{_TABLE}.KafkaSourceReader.topic.web_events.partition.1.currentOffset": 8.0,
    f"{_TABLE}.deserializer.error_code.not_json.rejectedRecords": 7.0,
    "Calc[12].numRecordsIn": 5.0,
    "Calc[12].error_code.not_json.deadLetters": 7.0,
    "Calc[12].error_code.future_timestamp.deadLetters": 2.0,
    **{f"Calc[12].error_code.code_{number}.deadLetters": 1.0 for number in range(50)},
}
DUPLICATES = {
    "ProcessTableFunction[8].countedEvents": 900.0,
    "ProcessTableFunction[8].lateEvents": 30.0,
    "ProcessTableFunction[8].duplicateEvents": 20.0,
    "ProcessTableFunction[8].numRecordsIn": 941.0,
}
_RULES = "Source__KafkaSource-default_catalog_default_database_alert_rules"
RULES = {
    f"{_RULES}.numRecordsIn": 50.0,
    f"{_RULES}.KafkaSourceReader.topic.alert_rules.partition.0.currentOffset": 49.0,
}
VERTICES = {JOB: {"v1": SOURCE, "v2": DUPLICATES, "v4": RULES}, OTHER: {"v3": {"numRecordsIn": 1.0}}}


class Flink(BaseHTTPRequestHandler):
    completed: dict[str, Any] | None = None

    def do_GET(self) -> None:  # the name that the base class calls
        assert len(self.path) < 4096, "Flink refuses longer lines"
        body = json.dumps(self._answer()).encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def _answer(self) -> Any:
        path = urlsplit(self.path)
        query = parse_qs(path.query)
        parts = path.path.strip("/").split("/")
        if parts == ["jobs", "overview"]:
            states = {JOB: "RUNNING", OTHER: "RUNNING", "c" * 32: "FAILED"}
            return {
                "jobs": [
                    {"jid": job, "name": "n", "state": state, "duration": 1, "start-time": 1}
                    for job, state in states.items()
                ]
            }
        if parts[2:] == ["checkpoints"]:
            return {"latest": {"completed": Flink.completed}, "counts": {"failed": 4}}
        if len(parts) == 2:
            starts = {"v1": 1_793_534_400_000, "v2": 1_793_534_400_500, "v3": 0, "v4": 0}
            return {"vertices": [{"id": name, "start-time": starts[name]} for name in VERTICES[parts[1]]]}
        metrics = VERTICES[parts[1]][parts[3]]
        if "get" not in query:
            return [{"id": name} for name in metrics]
        assert query["agg"] == ["sum"]
        return [{"id": name, "sum": metrics[name]} for name in query["get"][0].split(",")]

    def log_message(self, *_: Any) -> None:
        return


@pytest.fixture(scope="module")
def rest() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Flink)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_the_counts_of_the_job_that_reads_events(rest: str) -> None:
    (counts,) = stream_counts(rest, None)
    assert (counts.job, counts.name, counts.read) == (JOB, "n", 1000)
    assert (counts.counted, counts.late, counts.duplicates) == (900, 30, 20)
    expected = {"not_json": 7, "future_timestamp": 2, **{f"code_{number}": 1 for number in range(50)}}
    assert counts.dead_letters == expected
    assert counts.counted_since == datetime(2026, 11, 1, 12, 0, 0, 500_000, tzinfo=UTC)
    assert (counts.unread, counts.checkpoint_age_seconds, counts.failed_checkpoints) == (None, None, 4)


def test_the_age_of_a_checkpoint_is_that_of_its_beginning(rest: str, monkeypatch: pytest.MonkeyPatch) -> None:
    moment = datetime.now(UTC).timestamp() - 100
    times = {"trigger_timestamp": moment * 1000, "latest_ack_timestamp": (moment + 60) * 1000}
    monkeypatch.setattr(Flink, "completed", times)
    (counts,) = stream_counts(rest, None)
    assert counts.checkpoint_age_seconds is not None
    assert 100 <= counts.checkpoint_age_seconds < 130


def test_a_flink_that_is_away(rest: str) -> None:
    assert rest
    with pytest.raises(ShopstreamError, match="does not answer"):
        JobMetrics("127.0.0.1:1", JOB)
