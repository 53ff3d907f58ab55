"""Where the scorer listens, and with which keys."""

from typing import Any

import pytest
from pydantic import SecretStr

from ingestion.errors import ShopstreamError
from serving.server import _check_keys
from serving.settings import ScorerSettings

OWN: dict[str, Any] = {"api_keys": SecretStr("a"), "write_keys": SecretStr("b")}


@pytest.mark.parametrize("host", ["127.0.0.1:1", "localhost:1", "[::1]:1", "127.8.8.8:1"])
def test_on_loopback_the_default_keys_will_do(host: str) -> None:
    _check_keys(ScorerSettings(scorer=host))


@pytest.mark.parametrize("host", ["0.0.0.0:1", "10.0.0.7:1", "[::]:1", "scorer.shop.example:1"])
def test_elsewhere_they_are_refused(host: str) -> None:
    with pytest.raises(ShopstreamError, match="SHOPSTREAM_API_KEYS and SHOPSTREAM_WRITE_KEYS"):
        _check_keys(ScorerSettings(scorer=host))
    with pytest.raises(ShopstreamError, match="set SHOPSTREAM_WRITE_KEYS, or"):
        _check_keys(ScorerSettings(scorer=host, api_keys=SecretStr("a")))
    _check_keys(ScorerSettings(scorer=host, **OWN))
    _check_keys(ScorerSettings(scorer=host, env="production", api_keys=SecretStr("a")))
