import socket
import time

import pytest
from click.testing import CliRunner

from ingestion.errors import ShopstreamError
from training.cli import train
from training.models_cli import models


def test_help_shows_examples() -> None:
    for command in (train, models):
        found = CliRunner().invoke(command, ["--help"])
        assert found.exit_code == 0
        assert "Examples:" in found.output


def test_unknown_task_is_said() -> None:
    found = CliRunner().invoke(train, ["sell_more"])
    assert isinstance(found.exception, ShopstreamError)
    assert str(found.exception) == "there is no task sell_more; the tasks are purchase_24h, churn_30d"


@pytest.mark.parametrize("silent", (True, False), ids=("silent", "refusing"))
def test_mlflow_away_is_said_before_any_work(silent: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        if silent:  # accepts and never answers
            listener.listen()
        monkeypatch.setenv("SHOPSTREAM_MLFLOW", f"http://127.0.0.1:{listener.getsockname()[1]}")
        monkeypatch.setenv("SHOPSTREAM_MLFLOW_TIMEOUT_SECONDS", "0.5")
        CliRunner().invoke(train, ["--help"])
        import training.train  # noqa: F401 (its import is not what is timed)

        started = time.monotonic()
        found = CliRunner().invoke(train, ["purchase_24h"])
    assert isinstance(found.exception, ShopstreamError)
    assert "MLflow does not answer" in str(found.exception)
    assert time.monotonic() - started < 5
