"""How a benchmark ends that cannot run."""

import sys

import click
import pytest

from benchmarks.command import MemorySize, run
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


@pytest.mark.parametrize("value", ["", "4", "4gb", "0g", "-1g", "4 g", "4G", "1.5g", "4g\n", "abc"])
def test_a_wrong_size_says_how_to_write_one(value: str) -> None:
    with pytest.raises(click.BadParameter, match="write mebibytes or gibibytes, as in 2560m or 4g"):
        MemorySize().convert(value, None, None)


def test_a_size_stays_as_it_is() -> None:
    assert [MemorySize().convert(value, None, None) for value in ("2560m", "4g")] == ["2560m", "4g"]
