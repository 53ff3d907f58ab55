"""``shopstream jobs restore`` and ``logs``, against a cluster's REST interface made by hand."""

import json
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from flink_jobs.cli import jobs
from flink_jobs.cluster import Cluster
from ingestion.errors import ShopstreamError

TRACE = "org.apache.flink.JobException: restarting\n\tat x\nCaused by: java.io.IOException: a\nCaused by: disk is full"
ANSWERS: dict[str, Any] = {
    "/jobs/overview": {
        "jobs": [
            {"jid": "a1", "name": "shopstream", "state": "RUNNING", "duration": 5000, "start-time": 3},
            {"jid": "a0", "name": "shopstream-lake", "state": "FINISHED", "duration": 5000, "start-time": 1},
            {"jid": "a2", "name": "shopstream-lake", "state": "FINISHED", "duration": 5000, "start-time": 2},
        ]
    },
    "/jobs/a1/checkpoints": {"latest": {"savepoint": None, "completed": None}},
    "/jobs/a2/checkpoints": {
        "latest": {
            "savepoint": {"id": 8, "external_path": "s3://b/savepoint-8", "discarded": False},
            "completed": {"id": 9, "external_path": "s3://b/chk-9", "discarded": True},
        }
    },
    "/jobs/a2/exceptions": {},
    "/jobs/a0/exceptions": {},
    "/jobs/a1/exceptions": {
        "exceptionHistory": {
            "entries": [{"timestamp": 1_772_366_400_000, "taskName": "flag late", "stacktrace": TRACE}]
        }
    },
    "/taskmanagers": {"taskmanagers": [{"id": "tm-1"}]},
    "/jobmanager/log": "one\ntwo\nthree",
    "/taskmanagers/tm-1/log": "four\nfive",
}


@pytest.fixture
def rest(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    class Rest(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer = ANSWERS[self.path]
            self.send_response(200)
            self.end_headers()
            self.wfile.write((answer if isinstance(answer, str) else json.dumps(answer)).encode())

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Rest)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("SHOPSTREAM_FLINK_REST", f"127.0.0.1:{server.server_port}")
    yield
    server.shutdown()
    thread.join(10)
    server.server_close()


def run(*arguments: str) -> str:
    return CliRunner().invoke(jobs, arguments, catch_exceptions=False).output


@pytest.mark.usefixtures("rest")
def test_logs_say_what_failed_and_end_with_the_last_lines() -> None:
    said = run("logs", "--lines", "2")
    assert "shopstream (a1) is RUNNING, 1 failures known" in said
    assert "2026-03-01 12:00:00 UTC flag late: disk is full" in said
    assert "JobManager:\ntwo\nthree\n" in said and "one\n" not in said
    assert said.endswith("TaskManager tm-1:\nfour\nfive\n")
    assert TRACE in run("logs", "a1", "--trace") and TRACE not in said
    assert "JobManager" not in run("logs", "shopstream", "--lines", "0")
    with pytest.raises(ShopstreamError, match="No job has the id or name other"):
        run("logs", "other")


@pytest.fixture
def submitted(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str | None]]:
    """Names and snapshots of what was submitted; nothing is."""
    found: list[tuple[str, str | None]] = []

    def submit(_self: Cluster, settings: Any, selection: Any, savepoint: str | None, drops_unknown: bool) -> str:
        assert not drops_unknown
        found.append((selection.job_name(settings.consumer_group), savepoint))
        return "b2"

    monkeypatch.setattr(Cluster, "submit", submit)
    return found


@pytest.mark.usefixtures("rest")
def test_another_cluster_is_asked_for_the_snapshots_it_remembers(
    tmp_path: Path, submitted: list[tuple[str, str | None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOPSTREAM_STATE", str(tmp_path))
    conf = tmp_path / "flink" / "conf"
    conf.mkdir(parents=True)
    (conf / "config.yaml").write_text('rest.address: "127.0.0.1"\nrest.port: 1\n')
    of_the_stack = tmp_path / "flink" / "savepoints" / "shopstream-lake" / "savepoint-1" / "_metadata"
    of_the_stack.parent.mkdir(parents=True)
    of_the_stack.touch()
    assert "goes on from s3://b/savepoint-8" in run("restore", "--job", "lake")
    assert submitted == [("shopstream-lake", "s3://b/savepoint-8")]


@pytest.mark.usefixtures("rest")
def test_restore_goes_on_from_the_newest_snapshot(
    tmp_path: Path, submitted: list[tuple[str, str | None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOPSTREAM_STATE", str(tmp_path))
    with pytest.raises(ShopstreamError, match="no savepoint or checkpoint of shopstream"):
        run("restore")
    conf = tmp_path / "flink" / "conf"
    conf.mkdir(parents=True)
    host, _, port = os.environ["SHOPSTREAM_FLINK_REST"].partition(":")
    (conf / "config.yaml").write_text(f'web.submit.enable: true\nrest.address: "{host}"\nrest.port: {port}\n')
    for number, place in enumerate(("checkpoints/shopstream/a1/chk-7", "savepoints/shopstream/savepoint-1")):
        folder = tmp_path / "flink" / place
        folder.mkdir(parents=True)
        (folder / "_metadata").touch()
        os.utime(folder / "_metadata", (number, number))
    assert "goes on from file:" in run("restore", "--all")
    assert submitted == [("shopstream", (tmp_path / "flink/savepoints/shopstream/savepoint-1").as_uri())]
    with pytest.raises(ShopstreamError, match="leave out --job"):
        run("restore", "--all", "--job", "lake")
