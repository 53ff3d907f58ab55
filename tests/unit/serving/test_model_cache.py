from pathlib import Path

import pytest

from serving.model_cache import ModelCache
from serving.registry import ModelVersion, RegistryAwayError
from tests.unit.serving.conftest import FakeRegistry


def version(number: str, identity: str = "a") -> ModelVersion:
    return ModelVersion("m", number, "champion", identity, {"intercept": number})


def test_a_version_is_fetched_once(registry: FakeRegistry, tmp_path: Path):
    cache = ModelCache(tmp_path, "m")
    folder = cache.fetch(version("1"), registry)
    assert folder == tmp_path / "m" / "1"
    assert (folder / "model.txt").read_text() == "1"
    assert ModelCache(tmp_path, "m").fetch(version("1"), registry) == folder
    assert registry.downloads == 1


def test_the_same_number_of_another_registry_is_fetched_anew(registry: FakeRegistry, tmp_path: Path):
    cache = ModelCache(tmp_path, "m")
    cache.fetch(version("1"), registry)
    cache.fetch(version("1", "b"), registry)
    assert registry.downloads == 2


def test_a_failed_fetch_leaves_nothing(registry: FakeRegistry, tmp_path: Path):
    registry.away = True
    cache = ModelCache(tmp_path, "m")
    with pytest.raises(RegistryAwayError):
        cache.fetch(version("1"), registry)
    assert list((tmp_path / "m").iterdir()) == []
    assert cache.last_good() is None


def test_only_a_version_marked_good_is_the_last_good(registry: FakeRegistry, tmp_path: Path):
    cache = ModelCache(tmp_path, "m")
    cache.fetch(version("1"), registry)
    assert cache.last_good() is None
    cache.mark_good(version("1"))
    cache.fetch(version("2"), registry)
    assert cache.last_good() == (version("1"), tmp_path / "m" / "1")


def test_a_damaged_version_is_not_the_last_good_and_is_fetched_again(registry: FakeRegistry, tmp_path: Path):
    cache = ModelCache(tmp_path, "m")
    folder = cache.fetch(version("1"), registry)
    cache.mark_good(version("1"))
    (folder / "shopstream_version.json").write_text("{")
    assert cache.last_good() is None
    cache.fetch(version("1"), registry)
    assert registry.downloads == 2
    assert cache.last_good() == (version("1"), folder)


def test_old_versions_are_dropped(registry: FakeRegistry, tmp_path: Path):
    cache = ModelCache(tmp_path, "m")
    for number in ("8", "9", "10", "11"):
        cache.fetch(version(number), registry)
        cache.mark_good(version(number))
    assert sorted(path.name for path in (tmp_path / "m").iterdir()) == ["10", "11", "9", "last_good"]
