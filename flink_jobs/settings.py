"""Settings of the Flink jobs: where they read, write and keep state."""

from functools import cached_property
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class LakeSettings(BaseSettings):
    """Where the data lake lies."""

    model_config = SettingsConfigDict(env_prefix="SHOPSTREAM_", frozen=True, extra="ignore")

    state: Path = Path(".shopstream")
    """Folder of everything the local stack keeps."""

    lake: str | None = None
    """Root of the lake: a folder or an object-store URI. Default: ``<state>/lake``."""

    @cached_property
    def lake_root(self) -> str:
        """The lake's root as an absolute path or a URI, without a trailing slash."""
        root = self.lake or str(self.state / "lake")
        return root.rstrip("/") if "://" in root else str(Path(root).resolve())

    @property
    def events_path(self) -> str:
        """Folder of the event lake, partitioned by event_type, year, month and day."""
        return f"{self.lake_root}/events"

    @property
    def user_features_path(self) -> str:
        """Folder of the user-feature log, partitioned by day."""
        return self.features_path("user_features")

    def features_path(self, name: str) -> str:
        """Folder of the log of a feature set, partitioned by day."""
        return f"{self.lake_root}/{name}"


class JobSettings(LakeSettings):
    """What a job on the cluster needs to know."""

    kafka_bootstrap: str = "127.0.0.1:19092"
    """Kafka's ``host:port``, several separated by commas."""

    flink_rest: str = "127.0.0.1:18081"
    """``host:port`` of the cluster's REST interface; only the commands that submit and stop jobs use it."""

    redis: str = "127.0.0.1:16379"
    """``host:port`` of the Redis-protocol server that holds the online features."""

    consumer_group: str = "shopstream"
    """Name of the job, its Kafka consumer group and the prefix of its transactional ids. A job that has only some
    results appends them."""

    parallelism: int = Field(default=1, ge=1)
    """Parallel instances of every operator."""

    checkpoint_seconds: float = Field(default=10, gt=0)
    """Time between checkpoints. Lake files and dead letters become visible with a checkpoint."""

    silence_seconds: float = Field(default=5, gt=0)
    """A Kafka partition silent for this long no longer holds event time back; when all are, event time goes on
    with the clock."""

    live_row_ms: int = Field(default=500, ge=0)
    """Live window rows are written at most this often per key; 0 writes one for every event."""

    source: Path = Path(__file__).parent / "events" / "records.sql"
    """SQL file of the table that events are read from: Kafka's, or another's ([sources](../sources.md))."""

    source_jars: str = ""
    """Jars that the table of another source needs, separated by commas."""

    funnel: Path = Path(__file__).parent / "funnels" / "funnel.toml"
    """TOML file of the funnel: its steps, conversion window and breakdowns."""

    anomaly_count_limit: float = Field(default=1000, gt=0, lt=1e15)
    """Events of a type in an hour above which there is an alert, where no rule says otherwise."""

    anomaly_intensity_limit: float = Field(default=100, gt=0, lt=1e15)
    """Events per user in an hour above which there is an alert, where no rule says otherwise."""

    anomaly_score: float = Field(default=5, gt=0, lt=1e15)
    """Robust standard deviations beyond the usual range at which an hour is unusual, where no rule says otherwise."""

    anomaly_min_history: int = Field(default=24, ge=10, le=70)
    """Windows at the same time of the day that must be known before an hour is judged unusual (five a day), where no
    rule says otherwise."""

    feature_flush_ms: int = Field(default=10, ge=1)
    """Longest time a feature row waits for others before they are written to the online store together."""

    def environment(self) -> dict[str, str]:
        """Return the variables from which another process reads these same settings."""
        return {f"SHOPSTREAM_{name.upper()}": str(value) for name, value in self if value is not None}
