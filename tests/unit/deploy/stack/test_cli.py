import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from deploy.stack.cli import down, status, up
from deploy.stack.stack import PARTS


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SHOPSTREAM_STATE", str(tmp_path))
    return tmp_path


def test_status_of_nothing_is_3_and_lists_every_part() -> None:
    result = CliRunner().invoke(status, ["--json"])
    assert result.exit_code == 3
    found = json.loads(result.stdout)
    assert [part["name"] for part in found] == [name for name in PARTS if name != "zookeeper"]
    assert {part["state"] for part in found} == {"stopped"}


def test_the_table_fits_100_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    result = CliRunner().invoke(status)
    assert result.exit_code == 3
    assert all(len(line) <= 100 for line in result.stdout.splitlines())
    for name in PARTS:
        # It is a part of a highly available stack only.
        assert (name in result.stdout) is (name != "zookeeper")


def test_down_of_nothing_succeeds() -> None:
    result = CliRunner().invoke(down)
    assert (result.exit_code, result.stdout) == (0, "Nothing was running.\n")


@pytest.mark.parametrize("answer", ["n\n", ""])
def test_purge_asks_and_keeps_the_state_without_a_yes(state: Path, answer: str) -> None:
    (state / "kafka").mkdir()
    assert CliRunner().invoke(down, ["--purge"], input=answer).exit_code == 1
    assert (state / "kafka").exists()
    assert CliRunner().invoke(down, ["--purge"], input="y\n").exit_code == 0
    assert not (state / "kafka").exists()


def test_purge_is_for_the_whole_stack() -> None:
    result = CliRunner().invoke(down, ["--purge", "--yes", "kafka"])
    assert result.exit_code == 2
    assert "give no PART with it" in result.output


@pytest.mark.parametrize("command", [up, down, status])
def test_help_shows_examples_and_parts(command) -> None:  # type: ignore[no-untyped-def]
    result = CliRunner().invoke(command, ["--help"])
    assert result.exit_code == 0
    assert "Examples:" in result.output
    assert "valkey" in result.output


def test_an_unknown_part_is_a_usage_error() -> None:
    assert CliRunner().invoke(up, ["kafak"]).exit_code == 2
