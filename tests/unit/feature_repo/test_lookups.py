from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import feature_repo
from feature_repo import as_of, history, online
from feature_repo.settings import FeatureStoreSettings
from feature_repo.store import open_store
from flink_jobs.features.schema import USER_FEATURES
from ingestion.errors import ShopstreamError
from tests.unit.feature_repo.test_offline_store import NOON, _row, _store

NAMES = [feature.name for feature in USER_FEATURES]


def test_one_user_at_many_moments_and_many_users_at_one(tmp_path: Path) -> None:
    rows = [_row("a", NOON + timedelta(hours=hour), hour) for hour in range(3)] + [_row("b", NOON, 9)]
    store = _store(tmp_path, rows)
    found = as_of("a", ["2024-05-01T13:30Z", NOON, NOON - timedelta(1)], store=store)
    assert list(found.columns) == ["user_id", "event_timestamp", *NAMES]
    assert found["total_events_24h"].tolist()[:2] == [1, 0]
    assert found["total_events_24h"].isna().tolist() == [False, False, True]
    assert found["total_events_24h"].dtype == "Int64"
    assert found["event_timestamp"].tolist() == [
        pd.Timestamp("2024-05-01T13:30", tz="UTC"),
        pd.Timestamp(NOON),
        pd.Timestamp(NOON - timedelta(1)),
    ]
    found = as_of(["b", "nobody", "a"], "2024-05-01 14:00", store=store)
    assert found["user_id"].tolist() == ["b", "nobody", "a"]
    assert found["total_events_24h"].tolist()[0::2] == [9, 2]
    assert found["last_seen"].tolist()[2] == pd.Timestamp(NOON + timedelta(hours=2))
    with pytest.raises(ValueError, match="2 users and 3 timestamps"):
        as_of(["a", "b"], [NOON] * 3, store=store)


def test_changes_of_a_user_in_order_with_the_last_of_each_time(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [_row("a", NOON + timedelta(hours=hour), hour) for hour in (2, 0, 1, 3)]
    rows += [_row("a", NOON + timedelta(hours=1), 7, version=2), _row("b", NOON, 5)]
    store = _store(tmp_path, rows)
    found = history("a", store=store)
    assert found["total_events_24h"].tolist() == [0, 7, 2, 3]
    assert list(found.columns) == NAMES
    assert found.index.tolist() == [pd.Timestamp(NOON + timedelta(hours=hour)) for hour in range(4)]
    part = history("a", NOON + timedelta(hours=1), "2024-05-01T14:00:00", store=store)
    assert part["total_events_24h"].tolist() == [7, 2]
    assert history("nobody", store=store).empty


def test_a_log_without_files_is_named(tmp_path: Path) -> None:
    store = open_store(FeatureStoreSettings(state=tmp_path))
    for look_up in (lambda: history("a", store=store), lambda: as_of("a", NOON, store=store)):
        with pytest.raises(ShopstreamError, match="no files yet"):
            look_up()


def test_no_user_needs_no_store_to_answer(tmp_path: Path) -> None:
    found = online([], store=_store(tmp_path, [_row("a", NOON, 1)]))
    assert (len(found), list(found.columns), found.index.name) == (0, NAMES, "user_id")


def test_the_package_offers_the_three_and_nothing_else() -> None:
    assert feature_repo.online is online
    with pytest.raises(AttributeError, match="no attribute 'offline'"):
        _ = feature_repo.offline
