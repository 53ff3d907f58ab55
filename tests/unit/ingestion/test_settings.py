import re
from pathlib import Path

import pytest

from ingestion.errors import ShopstreamError
from ingestion.settings import KafkaSettings, StateSettings, read_settings

README = Path(__file__).parents[3] / "ingestion" / "README.md"


@pytest.mark.parametrize("value", ["kafka:9092", "127.0.0.1:1,127.0.0.1:65535", "[::1]:9092"])
def test_addresses(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOPSTREAM_KAFKA_BOOTSTRAP", value)
    assert read_settings(KafkaSettings).kafka_bootstrap == value


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("KAFKA_BOOTSTRAP", "kafka", "must be host:port"),
        ("KAFKA_BOOTSTRAP", "kafka:0", "must be host:port"),
        ("KAFKA_BOOTSTRAP", "a:1,", "must be host:port"),
        ("PRODUCER_LINGER_MS", "soon", "input should be a valid integer"),
        ("PRODUCER_COMPRESSION", "zstd", "input should be 'gzip' or 'none'"),
        ("PRODUCER_DELIVERY_SECONDS", "0", "greater than or equal to 1"),
    ],
)
def test_a_wrong_variable_is_named_and_its_value_is_not(
    name: str, value: str, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"SHOPSTREAM_{name}", value)
    with pytest.raises(ShopstreamError, match=f"SHOPSTREAM_{name} is wrong: .*{sentence}"):
        read_settings(KafkaSettings)


def test_the_readme_lists_every_setting_and_its_default(monkeypatch: pytest.MonkeyPatch) -> None:
    documented = dict(re.findall(r"^\| `(SHOPSTREAM_\w+)` \| `(.+?)` \|", README.read_text(), re.MULTILINE))
    for name in documented:
        monkeypatch.delenv(name, raising=False)
    actual = {
        f"SHOPSTREAM_{name.upper()}": str(value)
        for settings in (KafkaSettings(), StateSettings())
        for name, value in settings
    }
    assert documented == actual
