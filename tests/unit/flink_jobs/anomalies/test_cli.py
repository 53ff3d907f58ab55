import socket
from collections.abc import Sequence

import pytest
from click.testing import CliRunner

from flink_jobs.anomalies.cli import alerts
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
        (["count"], "give --limit, or --off."),
        (["unusual"], "give --score or --min-history, or --off."),
        (["unusual", "--limit", "3"], "the kind unusual has no limit; give --score."),
        (["count", "--score", "3"], "the kind count has no score; give --limit."),
        (["count", "--limit", "3", "--off"], "a rule that is off has no values"),
        (["count", "--limit", "0"], "give a limit above 0 and below 1e15, not 0."),
        (["count", "--limit", "nan"], "give a limit above 0 and below 1e15, not nan."),
        (["unusual", "--score", "-1"], "give a score above 0 and below 1e15, not -1."),
        (["intensity", "--min-history", "20"], "only the kind unusual needs a history"),
        (["unusual", "--min-history", "71"], "give a history of 10 to 70 windows, not 71"),
        (["count", "--limit", "3", "--event-type", ""], "give an event type of 1 to 100 characters"),
    ],
)
@pytest.mark.usefixtures("nobody")
def test_an_impossible_rule_is_one_sentence(arguments: Sequence[str], sentence: str) -> None:
    result = CliRunner().invoke(alerts, ["set", *arguments])
    assert isinstance(result.exception, ShopstreamError)
    assert sentence in str(result.exception)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["set", "odd", "--off"], "'odd' is not one of"),
        (["set", "count", "--limit", "many"], "'many' is not a valid float"),
        (["active", "--kind", "odd"], "'odd' is not one of"),
        (["history", "--limit", "0"], "0 is not in the range"),
    ],
)
def test_wrong_usage_is_one_sentence(arguments: Sequence[str], sentence: str) -> None:
    result = CliRunner().invoke(alerts, list(arguments))
    assert result.exit_code == 2
    assert sentence in result.output


@pytest.mark.parametrize("arguments", [[], ["set"], ["remove"], ["list"], ["active"], ["history"]])
def test_help_has_examples(arguments: Sequence[str]) -> None:
    result = CliRunner().invoke(alerts, [*arguments, "--help"])
    assert result.exit_code == 0
    assert f"  shopstream alerts {arguments[0] if arguments else 'active'}" in result.output


def test_kafka_that_is_away_is_one_sentence(nobody: str) -> None:
    result = CliRunner().invoke(alerts, ["set", "count", "--limit", "5"])
    assert isinstance(result.exception, ShopstreamError)
    assert f"Kafka does not answer at {nobody}" in str(result.exception)
