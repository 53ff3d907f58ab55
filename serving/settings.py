"""Settings of the scorer, read from ``SHOPSTREAM_*`` and checked before it starts."""

import hashlib
import re
from functools import cached_property
from ipaddress import ip_network
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from feature_repo.settings import FeatureStoreSettings
from flink_jobs.settings import JobSettings

DEFAULT_LOCAL_KEY = "local-development-key"
DEFAULT_LOCAL_WRITE_KEY = "local-write-key"
_HIGHEST_PORT = 65_535
_ORIGIN = re.compile(r"\*|https?://[^/\s?#@]+", re.IGNORECASE)


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _refuse_default(keys: tuple[str, ...], default: str) -> None:
    hashed = "sha256:" + hashlib.sha256(default.encode()).hexdigest()
    if {default, hashed} & {key.lower() for key in keys}:
        raise ValueError("production refuses the default local key")


class CollectorSettings(BaseSettings):
    """Who may send events to the collector, from where, and how many."""

    model_config = SettingsConfigDict(env_prefix="SHOPSTREAM_", frozen=True)

    env: Literal["local", "production"] = "local"
    """``production`` refuses the default API key and the default write key."""

    write_keys: SecretStr = Field(default=SecretStr(""), validate_default=True)
    """Keys that may send events, separated by commas; each in clear or as ``sha256:<hex digest>``."""

    collector_origins: str = ""
    """Origins whose pages may send events, such as ``https://shop.example``, separated by commas; ``*`` for all."""

    collector_trusted_proxies: str = ""
    """Proxies whose ``X-Forwarded-For`` is believed: addresses or networks, separated by commas."""

    collector_rate: float = Field(default=5_000, gt=0)
    """Events a second that one write key may send in the long run."""

    collector_burst: int = Field(default=20_000, ge=1)
    """Events that one write key may send at once after a pause."""

    collector_in_flight: int = Field(default=20_000, ge=1)
    """Events that may be on their way to Kafka; further ones are answered 429."""

    collector_acknowledge_seconds: float = Field(default=5, ge=1)
    """Longest wait for Kafka to acknowledge the events of a call; then it is answered 503."""

    @field_validator("write_keys")
    @classmethod
    def _are_not_the_default(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        if info.data.get("env") == "production":
            _refuse_default(_split(value.get_secret_value()), DEFAULT_LOCAL_WRITE_KEY)
        return value

    @field_validator("collector_origins")
    @classmethod
    def _are_origins(cls, value: str) -> str:
        for origin in _split(value):
            if not _ORIGIN.fullmatch(origin):
                raise ValueError("an origin is http:// or https://, a host and perhaps a port, and nothing more")
        return value

    @field_validator("collector_trusted_proxies")
    @classmethod
    def _are_networks(cls, value: str) -> str:
        for network in _split(value):
            ip_network(network)
        return value

    @cached_property
    def accepted_write_keys(self) -> tuple[str, ...]:
        """The keys that may send events; none in production where none is set, so that it collects nothing."""
        default = (DEFAULT_LOCAL_WRITE_KEY,) if self.env == "local" else ()
        return _split(self.write_keys.get_secret_value()) or default

    @cached_property
    def origins(self) -> tuple[str, ...]:
        """The origins whose pages may send events, in lower case as browsers write them."""
        return _split(self.collector_origins.lower())

    @cached_property
    def trusted_proxies(self) -> tuple[str, ...]:
        """Addresses and networks of the trusted proxies."""
        return _split(self.collector_trusted_proxies)


class ScorerSettings(FeatureStoreSettings, CollectorSettings):
    """Where the scorer listens, what it reads from and who may call it."""

    scorer: str = "127.0.0.1:18000"
    """``host:port`` to listen on."""

    mlflow: str = "http://127.0.0.1:15000"
    """MLflow's tracking and registry URI."""

    kafka_bootstrap: str = "127.0.0.1:19092"
    """Kafka's ``host:port`` for events and the log of scores, several separated by commas."""

    api_keys: SecretStr = Field(default=SecretStr(""), validate_default=True)
    """Keys that may call, separated by commas; each in clear or as ``sha256:<hex digest>``."""

    api_rate: float = Field(default=2_000, gt=0)
    """Calls a second that one API key may make in the long run."""

    api_burst: int = Field(default=4_000, ge=1)
    """Calls that one API key may make at once after a pause."""

    feature_age_limit_seconds: float | None = Field(default=None, gt=0)
    """Scores from features older than this are refused (503); without it they are answered with their age. An idle
    user's features are as old as their last change."""

    calls_at_once: int = Field(default=256, ge=1)
    """Calls that may be under way; further ones are answered 503 at once."""

    body_bytes: int = Field(default=1_000_000, ge=1_000)
    """Longest body of a call; the collector has limits of its own."""

    model: str = "purchase_24h"
    """Registered models to serve, separated by commas; the first answers when a call names none."""

    model_alias: str = "champion"
    """Alias of the version that answers."""

    model_poll_seconds: float = Field(default=5, gt=0)
    """Time between two looks at the registry for a new champion."""

    mlflow_timeout_seconds: int = Field(default=5, ge=1)
    """Longest wait for one answer of MLflow; waited for in the background, never by a call."""

    score_log_queue: int = Field(default=10_000, ge=1)
    """Scores that may wait for Kafka; further ones are not logged, and counted."""

    score_log_shutdown_seconds: float = Field(default=5, ge=0)
    """Longest wait at the end for Kafka to take the scores still queued."""

    flink_rest: str = "127.0.0.1:18081"
    """``host:port`` of Flink's REST interface, for the dashboard's figures of the running jobs."""

    dashboard: bool = True
    """Whether the dashboard is served, at ``/dashboard``."""

    funnel: Path = JobSettings.model_fields["funnel"].default
    """TOML file of the funnel: its steps, conversion window and breakdowns."""

    query_memory: str = Field(default="1GB", pattern=r"^[1-9][0-9]*[MG]B$")
    """Most memory that a question about the shop takes, such as ``512MB``; two are answered at a time."""

    query_threads: int = Field(default=1, ge=1)
    """Threads that answer one question about the shop."""

    @field_validator("scorer")
    @classmethod
    def _is_address(cls, value: str) -> str:
        host, _, port = value.rpartition(":")
        if not host or not port.isdecimal() or int(port) > _HIGHEST_PORT:
            raise ValueError("must be host:port")
        return value

    @field_validator("api_keys")
    @classmethod
    def _suit_the_environment(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        if info.data.get("env") == "production":
            keys = _split(value.get_secret_value())
            if not keys:
                raise ValueError("production needs at least one key of its own")
            _refuse_default(keys, DEFAULT_LOCAL_KEY)
        return value

    @field_validator("model")
    @classmethod
    def _names_a_model(cls, value: str) -> str:
        if not all(name.strip() for name in value.split(",")):
            raise ValueError("must name at least one registered model")
        return value

    @cached_property
    def accepted_keys(self) -> tuple[str, ...]:
        """The keys that may call; the default one only where none is set and ``env`` is local."""
        return _split(self.api_keys.get_secret_value()) or (DEFAULT_LOCAL_KEY,)

    @property
    def has_default_key(self) -> bool:
        """Whether anybody can know the key: no other is set, which only a local stack may do."""
        return self.accepted_keys == (DEFAULT_LOCAL_KEY,)

    @cached_property
    def models(self) -> tuple[str, ...]:
        """The registered models to serve; the first is the default."""
        return tuple(dict.fromkeys(name.strip() for name in self.model.split(",")))

    @property
    def host(self) -> str:
        """Host to listen on."""
        return self.scorer.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        """Port to listen on."""
        return int(self.scorer.rpartition(":")[2])

    @property
    def models_folder(self) -> Path:
        """Folder of the models fetched from the registry."""
        return self.state / "models"
