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


def test_only_the_local_stack_has_a_default_key(monkeypatch: pytest.MonkeyPatch):
    assert settings(monkeypatch).accepted_keys == ("local-development-key",)
    assert settings(monkeypatch, API_KEYS=" a , b ").accepted_keys == ("a", "b")


@pytest.mark.parametrize("keys", ["", " , ", "local-development-key", "good,local-development-key"])
def test_production_refuses_no_key_and_the_default_key(monkeypatch: pytest.MonkeyPatch, keys: str):
    with pytest.raises(ShopstreamError, match="SHOPSTREAM_API_KEYS"):
        settings(monkeypatch, ENV="production", API_KEYS=keys)


def test_production_takes_its_own_keys(monkeypatch: pytest.MonkeyPatch):
    found = settings(monkeypatch, ENV="production", API_KEYS="old,new")
    assert found.accepted_keys == ("old", "new")
    assert "old" not in repr(found)


def test_production_refuses_the_default_key_in_hashed_form(monkeypatch: pytest.MonkeyPatch):
    hashed = "sha256:" + hashlib.sha256(b"local-development-key").hexdigest().upper()
    with pytest.raises(ShopstreamError, match="default local key"):
        settings(monkeypatch, ENV="production", API_KEYS=hashed)


@pytest.mark.parametrize("address", ["18000", "127.0.0.1", "127.0.0.1:http", ":80", "127.0.0.1:70000"])
def test_the_address_must_be_one(monkeypatch: pytest.MonkeyPatch, address: str):
    with pytest.raises(ShopstreamError, match="SHOPSTREAM_SCORER"):
        settings(monkeypatch, SCORER=address)


def test_address_and_models_are_taken_apart(monkeypatch: pytest.MonkeyPatch):
    found = settings(monkeypatch, SCORER="[::1]:8000", MODEL="a, b,a")
    assert (found.host, found.port, found.models) == ("::1", 8000, ("a", "b"))
    with pytest.raises(ShopstreamError, match="SHOPSTREAM_MODEL"):
        settings(monkeypatch, MODEL="a,,b")


def test_any_of_several_keys_is_accepted_in_clear_or_hashed():
    keys = ApiKeys(["old", "sha256:" + hashlib.sha256(b"new").hexdigest()])
    assert keys.accepts("old")
    assert keys.accepts("new")
    for wrong in ("", "ol", "older", "sha256:" + hashlib.sha256(b"new").hexdigest()):
        assert not keys.accepts(wrong)


@pytest.mark.parametrize("digest", ["sha256:", "sha256:abcd", "sha256:" + "g" * 64])
def test_a_malformed_digest_is_an_error(digest: str):
    with pytest.raises(ShopstreamError, match="SHOPSTREAM_API_KEYS"):
        ApiKeys([digest])
