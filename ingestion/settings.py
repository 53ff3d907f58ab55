"""Where Kafka is, where the state folder is, and how the producer batches; read from ``SHOPSTREAM_*``."""

from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from ingestion.errors import ShopstreamError

_HIGHEST_PORT = 65_535


def _check_addresses(value: str) -> str:
    for address in value.split(","):
        host, _, port = address.strip().rpartition(":")
        if not host or not port.isdecimal() or not 0 < int(port) <= _HIGHEST_PORT:
            raise ValueError("must be host:port, several separated by commas")
    return value


class KafkaSettings(BaseSettings):
    """How to reach Kafka and how to send to it."""

    model_config = SettingsConfigDict(env_prefix="SHOPSTREAM_", frozen=True)

    kafka_bootstrap: Annotated[str, AfterValidator(_check_addresses)] = "127.0.0.1:19092"
    """First brokers to ask, ``host:port``, several separated by commas."""

    kafka_timeout_seconds: float = Field(default=5.0, gt=0)
    """How long a program looks for Kafka, or for a topic, before it says that it is away."""

    producer_linger_ms: int = Field(default=10, ge=0, le=1000)
    """How long an event may wait for others to share its batch."""

    producer_batch_bytes: int = Field(default=128 * 1024, ge=1024, le=900 * 1024)
    """Largest batch for one partition, before compression."""

    producer_buffer_bytes: int = Field(default=32 * 1024 * 1024, ge=1024)
    """Bytes of events accepted and not yet acknowledged; above it ``send`` waits."""

    producer_compression: Literal["gzip", "none"] = "gzip"
    """Codec of a batch. Every reader here can read these two without another package."""

    producer_delivery_seconds: float = Field(default=120.0, ge=1)
    """How long the producer keeps trying to deliver an event before it counts it as failed."""


class StateSettings(BaseSettings):
    """Where this installation keeps what it downloads and writes."""

    model_config = SettingsConfigDict(env_prefix="SHOPSTREAM_", frozen=True)

    state: Path = Path(".shopstream")
    """State folder, relative to the working directory unless absolute."""

    @property
    def datasets(self) -> Path:
        """Folder of downloaded data sets; may not exist yet."""
        return self.state / "datasets"


Settings = TypeVar("Settings", bound=BaseSettings)


def read_settings(kind: type[Settings]) -> Settings:
    """Read one settings class from the environment.

    Raises ShopstreamError that names the first wrong variable, without its value: it may be a secret.
    """
    try:
        return kind()
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = "SHOPSTREAM_" + "_".join(str(part) for part in first["loc"]).upper()
        reason = first["msg"].removeprefix("Value error, ")
        raise ShopstreamError(f"{name} is wrong: {reason[:1].lower()}{reason[1:]}.") from error
