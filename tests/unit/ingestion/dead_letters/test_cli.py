"""What needs no Kafka; the rest is in tests/integration/test_dead_letters.py."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.console import Console

from ingestion.dead_letters import tables
from ingestion.dead_letters.cli import dead_letters
from ingestion.dead_letters.decision import Decision, Outcome
from ingestion.dead_letters.replay import ReplayReport
from ingestion.dead_letters.summary import summarise
from tests.unit.ingestion.dead_letters.letters import letter
from tests.unit.ingestion.dead_letters.test_decision import marks

LONG = letter(
    b"x" * 262_144,
    123_456_789_012,
    code="future_timestamp",
    topic="transaction_events",
)


@pytest.mark.parametrize("command", [[], ["list"], ["show"], ["replay"]])
def test_help_shows_examples(command: list[str]) -> None:
    result = CliRunner().invoke(dead_letters, [*command, "--help"])
    assert result.exit_code == 0
    assert "Examples:" in result.output


@pytest.mark.parametrize(
    "words",
    [
        ["list", "--code", "unknown"],
        ["list", "--topic", "page_views"],
        ["list", "--from", "yesterday"],
        ["list", "--offset", "web_events:2"],
        ["list", "--limit", "0"],
        ["show"],
        ["replay", "--edit", "a", "--dry-run"],
        ["replay", "--edit", "a", "--from-file", "b"],
        ["replay", "--json"],
    ],
)
def test_wrong_calls(words: list[str]) -> None:
    assert CliRunner().invoke(dead_letters, words).exit_code == 2


def test_a_bad_file_is_told_before_kafka_is_asked(tmp_path: Path) -> None:
    result = CliRunner().invoke(dead_letters, ["replay", "--from-file", str(tmp_path / "none.jsonl")])
    assert "cannot be read" in str(result.exception)


def test_tables_fit_100_columns() -> None:
    report = ReplayReport()
    for outcome in Outcome:
        report.counts["future_timestamp", outcome] = 123_456_789
        report.counts["bad_value", outcome] = 1
    report.add(letter(b"{"), Decision(Outcome.REJECTED, sentence="Why."))
    for table in (
        tables.group_table(summarise([LONG] * 3, marks(LONG))),
        tables.letter_table([LONG], marks(LONG)),
        tables.report_table(report, sent=True),
    ):
        console = Console(width=100)
        with console.capture() as captured:
            console.print(table)
        lines = captured.get().splitlines()
        assert all(len(line) <= 100 for line in lines)
        assert "…" not in captured.get()
    assert report.total(Outcome.REJECTED) == 123_456_791
