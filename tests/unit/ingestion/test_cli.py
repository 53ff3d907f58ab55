import socket
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from ingestion.cli import replay, topics
from ingestion.errors import ShopstreamError


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> str:
    """An address where nobody listens, set as Kafka's."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    monkeypatch.setenv("SHOPSTREAM_KAFKA_BOOTSTRAP", address)
    monkeypatch.setenv("SHOPSTREAM_KAFKA_TIMEOUT_SECONDS", "0.5")
    return address


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["ecom", "--speed", "fast"], "fast is not a speed"),
        (["ecom", "--speed", "0x"], "0x is not a speed"),
        (["ecom", "--from", "yesterday"], "yesterday is not a date or time"),
        (["ecom", "--to", "2024-13-01"], "2024-13-01 is not a date or time"),
        (["ecom", "--nope"], "No such option"),
        ([], "Missing argument 'SOURCE'"),
    ],
)
def test_wrong_usage_is_one_sentence(arguments: list[str], sentence: str) -> None:
    result = CliRunner().invoke(replay, arguments)
    assert result.exit_code == 2
    assert sentence in result.output


@pytest.mark.parametrize("command", [topics, replay])
def test_help_has_examples(command: object) -> None:
    result = CliRunner().invoke(command, ["--help"])  # type: ignore[arg-type] # both are click commands
    assert result.exit_code == 0
    assert "shopstream replay ecom" in result.output or "shopstream topics apply" in result.output


@pytest.mark.parametrize("command", ["apply", "list"])
def test_topics_without_kafka(nobody: str, command: str) -> None:
    begun = time.monotonic()
    result = CliRunner().invoke(topics, [command])
    assert isinstance(result.exception, ShopstreamError)
    assert f"Kafka does not answer at {nobody}" in str(result.exception)
    assert time.monotonic() - begun < 10


def test_replay_without_kafka(nobody: str, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("")
    result = CliRunner().invoke(replay, [str(path)])
    assert isinstance(result.exception, ShopstreamError)
    assert f"Kafka does not answer at {nobody}" in str(result.exception)


def test_replay_of_a_file_that_is_not_there() -> None:
    result = CliRunner().invoke(replay, ["nowhere.csv"])
    assert isinstance(result.exception, ShopstreamError)
    assert "there is no file nowhere.csv" in str(result.exception)
