"""How a benchmark ends that cannot run."""

import sys

import click
import pytest

from benchmarks.command import run
from ingestion.errors import ShopstreamError


def test_an_error_is_one_sentence(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    @click.command()
    def failing() -> None:
        raise ShopstreamError("Kafka is away: start it.")

    monkeypatch.setattr(sys, "argv", ["failing"])
    with pytest.raises(SystemExit) as ended:
        run(failing)
    assert ended.value.code == 1
    assert capsys.readouterr().err == "benchmarks: Kafka is away: start it.\n"
