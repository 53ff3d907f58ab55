from pathlib import Path

import pytest

from deploy.stack.settings import StackSettings
from ingestion.errors import ShopstreamError


def test_the_environment_sets_addresses_and_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOPSTREAM_REDIS", "127.0.0.1:7000")
    monkeypatch.setenv("SHOPSTREAM_FLINK_SLOTS", "5")
    settings = StackSettings.load()
    assert settings.address("redis") == ("127.0.0.1", 7000, "SHOPSTREAM_REDIS")
    assert settings.flink_slots == 5


@pytest.mark.parametrize(("variable", "value"), [("KAFKA_HEAP", "lots"), ("FLINK_SLOTS", "0")])
def test_a_bad_value_is_named(monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    monkeypatch.setenv(f"SHOPSTREAM_{variable}", value)
    with pytest.raises(ShopstreamError, match=f"^SHOPSTREAM_{variable}={value} cannot be used: "):
        StackSettings.load()


def test_clients_are_sent_where_the_parts_listen(tmp_path: Path) -> None:
    settings = StackSettings.on_free_ports(tmp_path)
    environment = settings.environment()
    for field in ("kafka_bootstrap", "redis", "flink_rest", "mlflow", "scorer"):
        host, port, variable = settings.address(field)
        assert environment[variable].removeprefix("http://") == f"{host}:{port}"
    assert environment["SHOPSTREAM_STATE"] == str(tmp_path)


def test_the_state_folder_does_not_move_with_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    environment = StackSettings(state=Path("here")).environment()
    assert environment["SHOPSTREAM_STATE"] == str(tmp_path / "here")
