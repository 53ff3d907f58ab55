"""The store registers what its registry lacks."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from feast import FeatureStore

from feature_repo.features import DEFINITIONS
from feature_repo.settings import FeatureStoreSettings
from feature_repo.store import open_store, repo_config
from flink_jobs.features.schema import FEATURE_SETS


def test_an_empty_registry_is_filled(tmp_path: Path) -> None:
    """A program that was killed right after Feast made the file leaves one without definitions."""
    settings = FeatureStoreSettings(state=tmp_path)
    Path(settings.registry_path).parent.mkdir(parents=True)
    assert FeatureStore(config=repo_config(settings)).list_feature_views() == []
    store = open_store(settings)
    assert {view.name for view in store.list_feature_views()} == {
        group.name for features in FEATURE_SETS for group in features.groups
    }


def test_a_registry_may_be_a_database(tmp_path: Path) -> None:
    settings = FeatureStoreSettings(state=tmp_path, feast_registry=f"sqlite:///{tmp_path}/registry.sqlite")
    wanted = {group.name for features in FEATURE_SETS for group in features.groups}
    for _ in range(2):  # the second finds what the first has registered
        assert {view.name for view in open_store(settings).list_feature_views()} == wanted
    with sqlite3.connect(tmp_path / "registry.sqlite") as database:
        assert database.execute("SELECT count(*) FROM feature_views").fetchall() == [(len(wanted),)]


@pytest.mark.parametrize(
    ("registry", "kind"),
    [
        (None, "file"),
        ("/var/lib/registry.db", "file"),
        ("s3://bucket/registry.db", "file"),
        ("gs://bucket/registry.db", "file"),
        ("sqlite:////var/lib/registry.sqlite", "sql"),
        ("postgresql://feast@database/feast", "sql"),
    ],
)
def test_the_kind_of_registry_follows_from_where_it_is(registry: str | None, kind: str) -> None:
    settings = FeatureStoreSettings(feast_registry=registry)
    assert repo_config(settings).registry_config["registry_type"] == kind


def test_a_missing_view_is_registered_again(tmp_path: Path) -> None:
    settings = FeatureStoreSettings(state=tmp_path)
    open_store(settings).delete_feature_service("churn_30d")
    assert open_store(settings).get_feature_service("churn_30d").name == "churn_30d"


def test_every_object_says_what_it_is_and_whose(tmp_path: Path) -> None:
    store = open_store(FeatureStoreSettings(state=tmp_path))
    views = {view.name: view for view in store.list_feature_views()}
    for features in FEATURE_SETS:
        assert store.get_entity(features.entity).join_key == features.key
        for group in features.groups:
            view = views[group.name]
            assert view.entities == [features.entity]
            assert (view.description, view.tags["window"]) == (group.description, group.window)
            fields = {field.name: field for field in view.features}
            assert list(fields) == [feature.name for feature in group.features]
            for feature in group.features:
                assert fields[feature.name].description == feature.description
                assert fields[feature.name].tags == {
                    "unit": feature.unit,
                    "window": group.window,
                    "owner": "shopstream",
                }
    for found in (*store.list_entities(), *views.values(), *store.list_data_sources(), *store.list_feature_services()):
        assert found.description and found.owner == "shopstream", found.name
    assert len(DEFINITIONS) == len({found.name for found in DEFINITIONS})


def test_names_are_unique_so_that_a_service_can_mix_views() -> None:
    names = [feature.name for features in FEATURE_SETS for feature in features.features]
    assert len(names) == len(set(names))


@pytest.mark.timeout(300)
def test_feast_applies_the_repository(tmp_path: Path) -> None:
    """The files alone, as a Feast user has them."""
    source = Path(__file__).parents[3] / "feature_repo"
    repo = tmp_path / "feature_repo"
    repo.mkdir()
    for path in (*source.glob("*.py"), source / "feature_store.yaml", source / ".feastignore"):
        (repo / path.name).write_bytes(path.read_bytes())
    (tmp_path / ".shopstream" / "feast").mkdir(parents=True)
    command = [Path(sys.executable).parent / "feast", "-c", repo, "apply"]
    applied = subprocess.run(
        command, cwd=tmp_path, env={**os.environ, "FEAST_USAGE": "False"}, capture_output=True, text=True, check=False
    )
    assert applied.returncode == 0, applied.stderr
    assert "WARNING" not in applied.stderr
    found = FeatureStore(str(repo)).list_feature_views()
    assert {view.name for view in found} == {group.name for features in FEATURE_SETS for group in features.groups}
