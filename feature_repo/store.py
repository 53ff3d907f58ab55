"""Opens the Feast store with the product's settings applied."""

from pathlib import Path

from feast import FeatureService, FeatureStore, FeatureView
from feast.repo_config import RepoConfig, load_repo_config

from feature_repo.features import DEFINITIONS
from feature_repo.settings import FeatureStoreSettings

REPO = Path(__file__).parent


def repo_config(settings: FeatureStoreSettings) -> RepoConfig:
    """Return ``feature_store.yaml`` with the addresses and paths of ``settings`` in it."""
    config = load_repo_config(REPO, REPO / "feature_store.yaml").model_dump()
    seconds = settings.redis_timeout_ms / 1000
    config["online_store"] = {
        "type": "feature_repo.online_store.OneTripOnlineStore",
        "connection_string": f"{settings.redis},socket_timeout={seconds},socket_connect_timeout={seconds}",
    }
    config["offline_store"] = {
        "type": "feature_repo.offline_store.LakeOfflineStore",
        "lake": settings.lake_root,
    }
    # The cache never expires: the registry changes with a deployment, and a refresh inside a request costs more
    # than the request.
    config["registry"] = {
        "registry_type": settings.registry_type,
        "path": settings.registry_path,
        "cache_ttl_seconds": 0,
    }
    return RepoConfig(**config)


def open_store(settings: FeatureStoreSettings | None = None) -> FeatureStore:
    """Return the feature store; registers the definitions when the registry lacks one, or a feature of one.

    Raises whatever Feast raises for an unreadable registry. Opening does not connect to the online store.
    """
    settings = settings or FeatureStoreSettings()
    if "://" not in settings.registry_path:
        Path(settings.registry_path).parent.mkdir(parents=True, exist_ok=True)
    store = FeatureStore(config=repo_config(settings))
    if not _is_registered(store):
        apply(store)
    return store


def _is_registered(store: FeatureStore) -> bool:
    views = {view.name: {field.name for field in view.features} for view in store.list_feature_views()}
    services = {service.name for service in store.list_feature_services()}
    return all(
        views.get(wanted.name) == {field.name for field in wanted.features}
        if isinstance(wanted, FeatureView)
        else wanted.name in services
        for wanted in DEFINITIONS
        if isinstance(wanted, FeatureView | FeatureService)
    )


def apply(store: FeatureStore) -> None:
    """Register the entity, views and services; equal definitions change nothing."""
    store.apply(DEFINITIONS)
