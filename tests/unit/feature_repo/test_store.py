"""The store registers what its registry lacks."""

from pathlib import Path

from feast import FeatureStore

from feature_repo.settings import FeatureStoreSettings
from feature_repo.store import open_store, repo_config
from flink_jobs.features.schema import USER_FEATURE_GROUPS


def test_an_empty_registry_is_filled(tmp_path: Path) -> None:
    """A program that was killed right after Feast made the file leaves one without definitions."""
    settings = FeatureStoreSettings(state=tmp_path)
    Path(settings.registry_path).parent.mkdir(parents=True)
    assert FeatureStore(config=repo_config(settings)).list_feature_views() == []
    store = open_store(settings)
    assert {view.name for view in store.list_feature_views()} == {group.name for group in USER_FEATURE_GROUPS}


def test_a_missing_view_is_registered_again(tmp_path: Path) -> None:
    settings = FeatureStoreSettings(state=tmp_path)
    open_store(settings).delete_feature_service("churn_30d")
    assert open_store(settings).get_feature_service("churn_30d").name == "churn_30d"
