"""Settings of the scorer, read from ``SHOPSTREAM_*`` and checked before it starts."""

import hashlib
from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationInfo, field_validator

from feature_repo.settings import FeatureStoreSettings

DEFAULT_LOCAL_KEY = "local-development-key"
_HIGHEST_PORT = 65_535


def _split(keys: SecretStr) -> tuple[str, ...]:
    return tuple(key.strip() for key in keys.get_secret_value().split(",") if key.strip())


class ScorerSettings(FeatureStoreSettings):
    """Where the scorer listens, what it reads from and who may call it."""

    env: Literal["local", "production"] = "local"
    """``production`` refuses the default API key."""

    scorer: str = "127.0.0.1:18000"
    """``host:port`` to listen on."""

    mlflow: str = "http://127.0.0.1:15000"
    """MLflow's tracking and registry URI."""

    kafka_bootstrap: str = "127.0.0.1:19092"
    """Kafka's ``host:port`` for the log of scores, several separated by commas."""

    api_keys: SecretStr = Field(default=SecretStr(""), validate_default=True)
    """Keys that may call, separated by commas; each in clear or as ``sha256:<hex digest>``."""

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
            keys = _split(value)
            if not keys:
                raise ValueError("production needs at least one key of its own")
            default = {DEFAULT_LOCAL_KEY, "sha256:" + hashlib.sha256(DEFAULT_LOCAL_KEY.encode()).hexdigest()}
            if default & {key.lower() for key in keys}:
                raise ValueError("production refuses the default local key")
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
        return _split(self.api_keys) or (DEFAULT_LOCAL_KEY,)

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
