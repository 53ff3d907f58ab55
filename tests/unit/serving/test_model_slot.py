from pathlib import Path

import pytest

from serving.metrics import Metrics
from serving.model_cache import ModelCache
from serving.model_slot import ModelSlot
from serving.problems import NotReadyError
from tests.unit.serving.conftest import FakeRegistry, load_line

NO_CHAMPION = "no champion for purchase_24h: run shopstream train purchase_24h"


def slot_of(registry: FakeRegistry, root: Path) -> ModelSlot:
    cache = ModelCache(root, "purchase_24h")
    return ModelSlot("purchase_24h", "champion", registry, cache, load_line, Metrics())


def served(slot: ModelSlot) -> str | None:
    return slot.current.version.version if slot.current else None


def test_it_follows_the_alias(registry: FakeRegistry, tmp_path: Path):
    slot = slot_of(registry, tmp_path)
    with pytest.raises(NotReadyError, match="still loading"):
        slot.serving()
    slot.refresh()
    assert (served(slot), slot.problem) == (None, NO_CHAMPION)
    registry.promote("1", 0.1)
    slot.refresh()
    first = slot.serving()
    assert (served(slot), slot.problem) == ("1", None)
    registry.promote("2", 0.2)
    slot.refresh()
    assert served(slot) == "2"
    # A call that began before the swap ends with the model it began with.
    assert first.version.version == "1"
    assert first.classifier.intercept == 0.1


def test_the_same_version_is_loaded_once(registry: FakeRegistry, tmp_path: Path):
    slot = slot_of(registry, tmp_path)
    registry.promote("1", 0.1)
    for _ in range(3):
        slot.refresh()
    assert registry.downloads == 1


def test_a_refused_version_is_tried_again_only_on_demand(registry: FakeRegistry, tmp_path: Path):
    slot = slot_of(registry, tmp_path)
    registry.promote("1", 0.1)
    slot.refresh()
    registry.promote("2", float("nan"))
    loads = []
    slot._load = lambda folder, version: loads.append(version.version) or load_line(folder, version)
    slot.refresh()
    slot.refresh()
    assert (served(slot), loads) == ("1", ["2"])
    registry.away = True
    slot.refresh()
    assert slot.problem == "MLflow is away"
    registry.away = False
    slot.refresh()
    assert slot.problem == "version 2 is refused: it is not a number"
    slot.refresh(retry_refused=True)
    assert loads == ["2", "2"]
    registry.promote("3", 0.3)
    slot.refresh()
    assert (served(slot), slot.problem) == ("3", None)


def test_with_the_registry_away_it_goes_on_and_starts_with_the_last_good(registry: FakeRegistry, tmp_path: Path):
    slot = slot_of(registry, tmp_path)
    registry.promote("1", 0.1)
    slot.refresh()
    registry.promote("2", float("nan"))
    slot.refresh()
    registry.away = True
    slot.refresh()
    assert served(slot) == "1"
    begun_anew = slot_of(registry, tmp_path)
    begun_anew.refresh()
    assert (served(begun_anew), begun_anew.problem) == ("1", "MLflow is away")


def test_with_the_registry_away_and_nothing_on_disk_it_says_so(registry: FakeRegistry, tmp_path: Path):
    registry.away = True
    slot = slot_of(registry, tmp_path)
    slot.refresh()
    with pytest.raises(NotReadyError, match="MLflow is away"):
        slot.serving()


def test_a_champion_taken_away_changes_nothing_while_it_runs(registry: FakeRegistry, tmp_path: Path):
    slot = slot_of(registry, tmp_path)
    registry.promote("1", 0.1)
    slot.refresh()
    registry.version = None
    slot.refresh()
    assert (served(slot), slot.problem) == ("1", NO_CHAMPION)


def test_a_registry_made_anew_is_noticed_by_its_identity(registry: FakeRegistry, tmp_path: Path):
    slot = slot_of(registry, tmp_path)
    registry.promote("1", 0.1)
    slot.refresh()
    registry.promote("1", 0.9, identity="registry-2")
    slot.refresh()
    assert slot.serving().classifier.intercept == 0.9
