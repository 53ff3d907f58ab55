"""What the command line says when it is called wrongly: one sentence, and a status."""

import importlib

import click
import pytest

from deploy import cli
from ingestion.errors import ShopstreamError


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["shopstream", *arguments])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return int(ended.value.code or 0)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["frobnicate"], "No such command 'frobnicate'"),
        (["replay", "--wrong"], "No such option"),
        (["replay", "ecom", "--speed", "fast"], "fast is not a speed"),
        (["jobs", "stop", "a", "b"], "unexpected extra argument"),
    ],
)
def test_a_wrong_call_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    assert run(monkeypatch, *arguments) == 2
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1
    assert error.startswith("shopstream: ")


def test_an_error_is_one_sentence_without_a_trace(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails() -> None:
        raise ShopstreamError("The shop is closed: open it.")

    monkeypatch.delenv("SHOPSTREAM_DEBUG", raising=False)
    with pytest.raises(SystemExit) as ended:
        cli.main(lambda **_: fails())
    assert ended.value.code == 1
    assert capsys.readouterr().err == "shopstream: The shop is closed: open it.\n"


def test_debug_shows_the_trace(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def fails() -> None:
        raise ShopstreamError("The shop is closed: open it.")

    monkeypatch.setenv("SHOPSTREAM_DEBUG", "1")
    with pytest.raises(SystemExit):
        cli.main(lambda **_: fails())
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_can_be_found(name: str) -> None:
    module, _, attribute = cli.COMMANDS[name].partition(":")
    command = getattr(importlib.import_module(module), attribute)
    assert isinstance(command, click.Command)
    assert command.help
