"""The command that runs all benchmarks, with programs of the test in their place."""

import importlib
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from benchmarks import __main__ as runner
from benchmarks.result import Report
from benchmarks.result import Result as Figure

Script = Callable[[str, str | None], None]
MET = Report("x", [Figure("fast", 3.0, "times", at_least=2)]).as_json()
MISSED = Report("x", [Figure("slow", 1.0, "times", at_least=2)]).as_json()


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Script:
    """Give the means to say what a benchmark prints; None makes it fail."""
    printed: dict[str, str | None] = {}
    monkeypatch.setattr(runner, "RESULTS", tmp_path / "results")
    real = subprocess.run

    def run(command: list[str], **options: object) -> "subprocess.CompletedProcess[bytes]":
        name = command[2].removeprefix("benchmarks.")
        assert command == [sys.executable, "-m", f"benchmarks.{name}", "--json"]
        text = printed[name]
        program = "raise SystemExit(1)" if text is None else f"print({text!r})"
        return real([sys.executable, "-c", program], **options)  # type: ignore[call-overload, no-any-return]

    monkeypatch.setattr(subprocess, "run", run)
    return printed.__setitem__


def bench(*arguments: str) -> Result:
    return CliRunner().invoke(runner.main, arguments)


def test_results_are_shown_and_kept(script: Script) -> None:
    script("parser", MET)
    result = bench("--only", "parser")
    assert result.exit_code == 0
    assert re.search(r"parser .* fast .* 3 .* times .* at least 2 .* yes", result.stdout)
    assert json.loads((runner.RESULTS / "parser.json").read_text()) == json.loads(MET)
    shown = bench("--show")
    assert shown.stdout == result.stdout
    assert "| parser | fast | 3 | times | at least 2: met |" in bench("--markdown").stdout


def test_a_missed_goal_is_named_and_fails_the_run(script: Script) -> None:
    script("parser", MET)
    script("producer", MISSED)
    result = bench("--only", "parser,producer")
    assert result.exit_code == 1
    assert "producer missed a goal." in result.stderr
    assert result.stdout.index("producer") < result.stdout.index("parser")


def test_one_that_fails_leaves_no_old_result_and_the_others_run(script: Script) -> None:
    script("producer", MET)
    script("parser", MET)
    assert bench("--only", "producer parser").exit_code == 0
    script("producer", None)
    result = bench("--only", "producer,parser")
    assert result.exit_code == 1
    assert "producer failed." in result.stderr
    assert "producer" not in result.stdout
    assert "fast" in result.stdout
    assert not (runner.RESULTS / "producer.json").exists()


def test_an_unknown_name() -> None:
    result = bench("--only", "parsre")
    assert result.exit_code == 2
    assert "no benchmark parsre: choose from producer," in result.stderr


def test_every_benchmark_is_found_and_prints_json() -> None:
    order = [name for name in runner.BENCHMARKS if name in ("producer", "parser", "pipeline")]
    assert order == ["producer", "parser", "pipeline"]
    assert "result" not in runner.BENCHMARKS
    for name in runner.BENCHMARKS:
        module = importlib.import_module(f"benchmarks.{name}")
        assert name == module.NAME
        assert isinstance(module.main, click.Command)
        assert "--json" in [option for parameter in module.main.params for option in parameter.opts]
        assert module.main.help
        assert "Examples:" in module.main.help
