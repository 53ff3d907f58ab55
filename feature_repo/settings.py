"""Settings of the feature store."""

from typing import Literal

from flink_jobs.settings import LakeSettings


class FeatureStoreSettings(LakeSettings):
    """Where online features, their log and the registry live."""

    redis: str = "127.0.0.1:16379"
    """``host:port`` of the online store."""

    redis_timeout_ms: int = 200
    """Longest wait for the online store, connecting or reading."""

    feast_registry: str | None = None
    """Feast's registry: a file, an object (``s3://bucket/registry.db``) or a database URL of SQLAlchemy
    (``postgresql://...``, ``sqlite:////absolute/path``). Default: the file ``<state>/feast/registry.db``."""

    @property
    def registry_path(self) -> str:
        """The registry's absolute path or URI."""
        return self.feast_registry or str((self.state / "feast" / "registry.db").resolve())

    @property
    def registry_type(self) -> Literal["sql", "file"]:
        """What Feast calls this kind of registry; a file and an object are written whole."""
        scheme, mark, _ = self.registry_path.partition("://")
        return "sql" if mark and scheme not in ("s3", "gs") else "file"
