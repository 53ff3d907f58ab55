"""Settings of the feature store."""

from flink_jobs.settings import LakeSettings


class FeatureStoreSettings(LakeSettings):
    """Where online features, their log and the registry live."""

    redis: str = "127.0.0.1:16379"
    """``host:port`` of the online store."""

    redis_timeout_ms: int = 200
    """Longest wait for the online store, connecting or reading."""

    feast_registry: str | None = None
    """Path or URI of Feast's registry. Default: ``<state>/feast/registry.db``."""

    @property
    def registry_path(self) -> str:
        """The registry's absolute path or URI."""
        return self.feast_registry or str((self.state / "feast" / "registry.db").resolve())
