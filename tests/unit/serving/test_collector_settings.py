import hashlib

import pytest

from ingestion.errors import ShopstreamError
from ingestion.settings import read_settings
from serving.security import ApiKeys
from serving.settings import ScorerSettings


def settings(monkeypatch: pytest.MonkeyPatch, **values: str) -> ScorerSettings:
    for name, value in values.items():
        monkeypatch.setenv(f"SHOPSTREAM_{name}", value)
    return read_settings(ScorerSettings)


def test_only_the_local_stack_has_a_default_write_key(monkeypatch: pytest.MonkeyPatch):
    assert settings(monkeypatch).accepted_write_keys == ("local-write-key",)
    assert settings(monkeypatch, WRITE_KEYS=" a , b ").accepted_write_keys == ("a", "b")
    found = settings(monkeypatch, ENV="production", API_KEYS="k")
    assert found.accepted_write_keys == ("a", "b")
    assert "a , b" not in repr(found)
    assert settings(monkeypatch, WRITE_KEYS="").accepted_write_keys == ()


HASHED = "sha256:" + hashlib.sha256(b"local-write-key").hexdigest().upper()


@pytest.mark.parametrize("keys", ["local-write-key", "good,local-write-key", HASHED])
def test_production_refuses_the_default_write_key(monkeypatch: pytest.MonkeyPatch, keys: str):
    with pytest.raises(ShopstreamError, match="SHOPSTREAM_WRITE_KEYS is wrong: production refuses the default"):
        settings(monkeypatch, ENV="production", API_KEYS="k", WRITE_KEYS=keys)


@pytest.mark.parametrize(
    "origin", ["shop.example", "https://shop.example/", "ftp://shop.example", "https://a b", "null"]
)
def test_an_origin_is_one(monkeypatch: pytest.MonkeyPatch, origin: str):
    with pytest.raises(ShopstreamError, match="SHOPSTREAM_COLLECTOR_ORIGINS"):
        settings(monkeypatch, COLLECTOR_ORIGINS=f"https://good.example,{origin}")


def test_origins_and_proxies_are_taken_apart(monkeypatch: pytest.MonkeyPatch):
    found = settings(
        monkeypatch,
        COLLECTOR_ORIGINS="https://Shop.example, http://localhost:3000,*",
        COLLECTOR_TRUSTED_PROXIES="10.0.0.0/8, ::1",
    )
    assert found.origins == ("https://shop.example", "http://localhost:3000", "*")
    assert found.trusted_proxies == ("10.0.0.0/8", "::1")
    with pytest.raises(ShopstreamError, match="SHOPSTREAM_COLLECTOR_TRUSTED_PROXIES"):
        settings(monkeypatch, COLLECTOR_TRUSTED_PROXIES="proxy.example")


def test_keys_are_told_apart_by_number():
    keys = ApiKeys(["one", "two"], "SHOPSTREAM_WRITE_KEYS")
    assert [keys.number(key) for key in ("one", "two", "three", "\ud800")] == [0, 1, None, None]
    assert len(keys) == 2
    with pytest.raises(ShopstreamError, match="SHOPSTREAM_WRITE_KEYS"):
        ApiKeys(["sha256:abc"], "SHOPSTREAM_WRITE_KEYS")
