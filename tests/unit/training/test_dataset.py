from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from feast import FeatureStore

from feature_repo.store import open_store
from ingestion.errors import ShopstreamError
from tests.unit.training import shop
from tests.unit.training.conftest import lake_of
from training import dataset
from training.dataset import Dataset, build, features_as_of
from training.lake import EventLake
from training.settings import TrainingSettings
from training.task import Task
from training.tasks import task_named
from training.vector import COLD_START, COLUMNS, vectorize, vectorize_frame

TASK = task_named("purchase_24h")


def test_features_are_those_of_the_events_up_to_the_cutoff(shop_events: list[shop.Event], shop_data: Dataset) -> None:
    """Computed anew from the raw events as of each cut-off, without the log and its rows."""
    for part in shop_data.parts().values():
        for row in range(0, len(part.labels), 25):
            user, cutoff = part.users[row], part.cutoffs[row].to_pydatetime()
            history = [e for e in shop_events if e.user == user and e.time <= cutoff]
            expected = vectorize(shop.features(history, cutoff), cutoff)
            np.testing.assert_allclose(part.inputs.iloc[row], expected, rtol=1e-12, err_msg=f"{user} {cutoff}")


def test_parts_follow_one_another_in_time(shop_data: Dataset) -> None:
    train, validation, test = shop_data.parts().values()
    assert train.cutoffs.max() + TASK.horizon <= validation.cutoffs.min()
    assert validation.cutoffs.max() + TASK.horizon <= test.cutoffs.min()
    assert tuple(train.inputs.columns) == COLUMNS
    assert shop_data.unknown == 0


def test_later_events_change_no_feature_before_them(shop_events: list[shop.Event], tmp_path: Path) -> None:
    """All events after a moment are moved, and each is followed by a purchase: earlier inputs stay."""
    moment = shop.START + timedelta(days=7)
    past = [event for event in shop_events if event.time <= moment]
    future = [event for event in shop_events if event.time > moment]
    moved = [event._replace(time=event.time + timedelta(minutes=7)) for event in future]
    bought = [event._replace(type="purchase", total=99.0) for event in moved]
    first, first_labels = _inputs_until(moment, tmp_path / "first", shop_events)
    second, second_labels = _inputs_until(moment, tmp_path / "second", past + moved + bought)
    assert len(first) > 1000
    pd.testing.assert_frame_equal(first, second)
    # The labels did change, so what was read second was the changed lake.
    assert (first_labels != second_labels).any()


def test_a_user_without_a_feature_row_is_a_cold_start(shop_events: list[shop.Event], tmp_path: Path) -> None:
    absent = shop_events[0].user
    log = [row for row in shop.feature_log(shop_events) if row["user_id"] != absent]
    settings = lake_of(tmp_path, shop_events, log)
    data = build(TASK, settings, open_store(settings))
    unknown = data.train.inputs[data.train.users == absent]
    assert len(unknown) > 0
    assert (unknown.to_numpy() == COLD_START).all()
    assert data.unknown >= len(unknown)


def test_a_log_of_other_users_is_said(shop_events: list[shop.Event], tmp_path: Path) -> None:
    strangers = [event._replace(user=f"other_{event.user}") for event in shop_events[:50]]
    settings = lake_of(tmp_path, shop_events, shop.feature_log(strangers))
    with pytest.raises(ShopstreamError, match="none of the .* has a row in the feature log"):
        build(TASK, settings, open_store(settings))


def test_no_feature_log_is_said(shop_events: list[shop.Event], tmp_path: Path) -> None:
    settings = lake_of(tmp_path, shop_events, log=[])
    with pytest.raises(ShopstreamError, match="feature log .* has no files yet"):
        build(TASK, settings, open_store(settings))


def test_one_class_only_is_said(shop_events: list[shop.Event], tmp_path: Path) -> None:
    settings = lake_of(tmp_path, [event for event in shop_events if event.type != "purchase"])
    with pytest.raises(ShopstreamError, match="the train part of purchase_24h has only rows labelled 0"):
        build(TASK, settings, open_store(settings))


def test_rows_of_no_part_cost_no_features(
    shop_settings: TrainingSettings, shop_data: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def spied(task: Task, store: FeatureStore, rows: pd.DataFrame) -> pd.DataFrame:
        asked.append(len(rows))
        return features_as_of(task, store, rows)

    monkeypatch.setattr(dataset, "features_as_of", spied)
    again = build(TASK, shop_settings, open_store(shop_settings))
    assert asked == [sum(len(part.labels) for part in shop_data.parts().values())]
    assert all(again.parts()[name].inputs.equals(part.inputs) for name, part in shop_data.parts().items())


def test_only_the_newest_cutoffs_are_taken(shop_settings: TrainingSettings, shop_data: Dataset) -> None:
    newest = build(TASK, shop_settings, open_store(shop_settings), latest=1000)
    assert newest.test.cutoffs.max() == shop_data.test.cutoffs.max()
    assert newest.train.cutoffs.min() >= shop_data.test.cutoffs.max() - 1000 * TASK.every


def _inputs_until(moment: datetime, folder: Path, events: list[shop.Event]) -> tuple[pd.DataFrame, "pd.Series[int]"]:
    settings = lake_of(folder, events)
    cutoffs = pd.date_range(shop.START, moment, freq="10min")
    with EventLake(settings.events_path) as lake:
        rows = lake.labelled(TASK, cutoffs)
    features = features_as_of(TASK, open_store(settings), rows)
    return vectorize_frame(features, rows["cutoff"]), rows["label"]
