from pathlib import Path

import pytest

from tests.unit.training import shop
from training.dataset import Dataset, build
from training.settings import TrainingSettings
from training.tasks import task_named


@pytest.fixture(scope="session")
def shop_events() -> list[shop.Event]:
    """The shop's events, in the order of time."""
    return shop.events()


@pytest.fixture(scope="session")
def shop_settings(shop_events: list[shop.Event], tmp_path_factory: pytest.TempPathFactory) -> TrainingSettings:
    """Settings of a lake that holds the shop."""
    return lake_of(tmp_path_factory.mktemp("shop"), shop_events)


@pytest.fixture(scope="session")
def shop_data(shop_settings: TrainingSettings) -> Dataset:
    """The data set of purchase_24h."""
    from feature_repo.store import open_store

    return build(task_named("purchase_24h"), shop_settings, open_store(shop_settings))


def lake_of(folder: Path, events: list[shop.Event], log: list[dict[str, object]] | None = None) -> TrainingSettings:
    """Write a lake and return its settings."""
    shop.write_lake(folder / "lake", events, log)
    return TrainingSettings(state=folder, lake=str(folder / "lake"))
