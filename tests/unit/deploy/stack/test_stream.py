"""What `shopstream status` says of running jobs; the counting itself is in tests/integration/test_dead_letters.py."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.console import Console

from deploy.stack.cli import status
from deploy.stack.settings import StackSettings
from deploy.stack.status import PartStatus, State
from deploy.stack.stream import stream_of, stream_table
from flink_jobs.stream_counts import StreamCounts

COUNTS = StreamCounts(
    job="2188ab31ae2674ab61a60cb37f626926",
    name="shopstream",
    counted_since=datetime(2026, 11, 1, 12, tzinfo=UTC),
    read=1_234_567,
    counted=1_200_000,
    late=5_000,
    duplicates=20_000,
    dead_letters={"bad_value": 9_000, "future_timestamp": 567, "not_json": 0},
    unread={"web_events": 12, "user_events": 0},
    checkpoint_age_seconds=3.9,
    failed_checkpoints=0,
)


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOPSTREAM_STATE", str(tmp_path))


def shown(counts: StreamCounts) -> list[list[str]]:
    console = Console(width=100)
    with console.capture() as captured:
        console.print(stream_table(counts))
    lines = captured.get().splitlines()
    assert all(len(line) <= 100 for line in lines)
    return [
        [cell.strip() for cell in line.strip("│┃").replace("┃", "│").split("│")] for line in lines if line[0] in "│┃"
    ]


def test_every_count_is_shown_and_since_when() -> None:
    assert shown(COUNTS) == [
        ["stream: shopstream, job 2188ab31", "since its tasks started, 2026-11-01 12:00:00 UTC"],
        ["records read", "1,234,567"],
        ["events counted", "1,200,000"],
        ["late events", "5,000"],
        ["duplicate events", "20,000"],
        ["dead letters", "9,567"],
        ["bad_value", "9,000"],
        ["future_timestamp", "567"],
        ["not read yet", "12"],
        ["web_events", "12"],
        ["last checkpoint", "3 s ago"],
    ]


def test_what_is_not_known_is_said() -> None:
    rows = dict(
        shown(COUNTS.model_copy(update={"unread": None, "checkpoint_age_seconds": None, "failed_checkpoints": 2}))
    )
    assert rows["not read yet"] == "unknown: Kafka is away"
    assert rows["last checkpoint"] == "none yet"
    assert rows["checkpoints failed"] == "2"


@pytest.mark.parametrize("state", [State.STOPPED, State.DEAD, State.STARTING, State.UNHEALTHY])
def test_flink_is_not_asked_when_it_is_away(state: State) -> None:
    part = PartStatus(name="flink-jobmanager", state=state, address="a", pid=None, uptime_seconds=None, log="l")
    assert stream_of(StackSettings(), [part]) == []


def test_a_stack_without_a_job_shows_the_parts_alone() -> None:
    result = CliRunner().invoke(status)
    assert result.exit_code == 3
    assert "stream" not in result.output


def test_stream_alone() -> None:
    result = CliRunner().invoke(status, ["--stream", "--json"])
    assert (result.exit_code, json.loads(result.stdout)) == (3, [])
    assert CliRunner().invoke(status, ["--stream"]).output == "No job runs.\n"
    assert CliRunner().invoke(status, ["--stream", "kafka"]).exit_code == 2
