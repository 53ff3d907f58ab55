"""Opens the Feast store with the product's settings applied."""

from pathlib import Path

from feast import FeatureStore
from feast.repo_config import RepoConfig, load_repo_config

from feature_repo.settings import FeatureStoreSettings

REPO = Path(__file__).parent


def repo_config(settings: FeatureStoreSettings) -> RepoConfig:
    """Return ``feature_store.yaml`` with the addresses and paths of ``settings`` in it."""
    config = load_repo_config(REPO, REPO / "feature_store.yaml").model_dump()
    seconds = settings.redis_timeout_ms / 1000
    config["online_store"] = {
        "type": "redis",
        "connection_string": f"{settings.redis},socket_timeout={seconds},socket_connect_timeout={seconds}",
    }
    config["offline_store"] = {
        "type": "feature_repo.offline_store.LakeOfflineStore",
        "lake": settings.lake_root,
    }
    # The cache never expires: the registry changes with a deployment, and a refresh inside a request costs more
    # than the request.
    config["registry"] = {"path": settings.registry_path, "cache_ttl_seconds": 0}
    return RepoConfig(**config)


def open_store(settings: FeatureStoreSettings | None = None) -> FeatureStore:
    """Return the feature store; registers the definitions when the registry does not exist yet.

    Raises whatever Feast raises for an unreadable registry. Opening does not connect to the online store.
    """
    settings = settings or FeatureStoreSettings()
    registry = Path(settings.registry_path)
    is_new = "://" not in settings.registry_path and not registry.exists()
    if is_new:
        registry.parent.mkdir(parents=True, exist_ok=True)
    store = FeatureStore(config=repo_config(settings))
    if is_new:
        apply(store)
    return store


def apply(store: FeatureStore) -> None:
    """Register the entity, views and services; equal definitions change nothing."""
    # Imported here: the definitions read the settings when they are made.
    from feature_repo.features import DEFINITIONS

    store.apply(DEFINITIONS)
