import gzip
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from ingestion.simulator.cli import simulate
from ingestion.simulator.ground_truth import GroundTruth

BASE = ["--users", "100", "--rate", "20", "--duration", "30s", "--start", "2026-03-01"]


def test_a_file_and_its_truth(tmp_path: Path) -> None:
    out = tmp_path / "made" / "here" / "x.jsonl.gz"
    result = CliRunner().invoke(simulate, [*BASE, "--out", str(out), "--json"], catch_exceptions=False)
    assert result.exit_code == 0
    report = json.loads(result.stdout)
    assert report["records"] == len(gzip.decompress(out.read_bytes()).splitlines())
    assert report["truth"] == str(out.parent / "x.truth.jsonl")
    assert GroundTruth.read(Path(report["truth"])).header["records"] == report["records"]


def test_the_table_fits_the_screen(tmp_path: Path) -> None:
    truth = tmp_path / "t.jsonl"
    arguments = [*BASE, "--out", str(tmp_path / "x.jsonl"), "--truth", str(truth), "--no-users"]
    result = CliRunner().invoke(simulate, arguments, catch_exceptions=False)
    assert "clean events" in result.stdout
    assert "complete" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 100
    assert GroundTruth.read(truth).of("user") == []


@pytest.mark.parametrize("duration", ["10", "0s", "-1m", "ten minutes", "1w", ""])
def test_a_wrong_duration_is_refused(duration: str, tmp_path: Path) -> None:
    result = CliRunner().invoke(simulate, ["--duration", duration, "--out", str(tmp_path / "x.jsonl")])
    assert result.exit_code == 2
    assert "not a duration" in result.output


def test_a_file_has_no_event_of_the_future(tmp_path: Path) -> None:
    arguments = ["--users", "10", "--rate", "5", "--duration", "2m", "--out", str(tmp_path / "x.jsonl"), "--json"]
    result = CliRunner().invoke(simulate, arguments, catch_exceptions=False)
    from datetime import UTC, datetime

    assert datetime.fromisoformat(json.loads(result.stdout)["reached"]) <= datetime.now(UTC)


def test_help_has_examples() -> None:
    text = CliRunner().invoke(simulate, ["--help"]).output
    assert "shopstream simulate --users 50000 --rate 2000 --duration 10m" in text
