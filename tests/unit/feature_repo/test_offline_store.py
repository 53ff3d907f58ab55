from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from feast import FeatureStore

from feature_repo.settings import FeatureStoreSettings
from feature_repo.store import open_store
from flink_jobs.features.schema import USER_FEATURES
from ingestion.errors import ShopstreamError

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
_TYPES = {"int64": pa.int64(), "double": pa.float64(), "timestamp": pa.timestamp("us", "UTC")}
SCHEMA = pa.schema(
    [
        ("user_id", pa.string()),
        ("event_timestamp", pa.timestamp("us", "UTC")),
        ("created_timestamp", pa.timestamp("us", "UTC")),
        ("version", pa.int64()),
        *((feature.name, _TYPES[feature.type]) for feature in USER_FEATURES),
    ]
)


def _row(user: str, at: datetime, events: int, created: datetime = NOON, version: int = 1) -> dict[str, Any]:
    return {
        "user_id": user,
        "event_timestamp": at,
        "created_timestamp": created,
        "version": version,
        "total_events_24h": events,
        "last_seen": at,
    }


def _store(folder: Path, rows: list[dict[str, Any]], schema: pa.Schema = SCHEMA) -> FeatureStore:
    day = folder / "lake" / "user_features" / "day=2024-05-01"
    day.mkdir(parents=True)
    # Two files, as Flink names them, and one under way.
    pq.write_table(pa.Table.from_pylist(rows[::2], schema), day / "part-1-0")
    pq.write_table(pa.Table.from_pylist(rows[1::2], schema), day / "part-1-1")
    (day / ".part-1-2.inprogress").write_bytes(b"PAR1")
    return open_store(FeatureStoreSettings(state=folder, lake=str(folder / "lake")))


def _events(store: FeatureStore, asked: list[tuple[str, datetime]], **more: list[Any]) -> pd.DataFrame:
    entities = pd.DataFrame(asked, columns=["user_id", "event_timestamp"]).assign(**more)
    features = ["user_24h:total_events_24h", "user_24h:last_seen"]
    return store.get_historical_features(entities, features=features).to_df()


def test_the_latest_row_at_or_before_the_moment(tmp_path: Path) -> None:
    rows = [_row("a", NOON + timedelta(hours=hour), hour) for hour in (3, 1, 2)]
    microsecond = timedelta(microseconds=1)
    two = NOON + timedelta(hours=2)
    found = _events(_store(tmp_path, rows), [("a", two), ("a", two - microsecond), ("a", two + microsecond)])
    assert found["total_events_24h"].tolist() == [2, 1, 2]
    assert found["last_seen"][0] == pd.Timestamp(two)


def test_rows_keep_order_columns_and_unknown_users(tmp_path: Path) -> None:
    store = _store(tmp_path, [_row("a", NOON, 1), _row("b", NOON, 2)])
    later = NOON + timedelta(days=400)
    found = _events(
        store, [("b", later), ("nobody", later), ("a", NOON - timedelta(1)), ("a", later)], label=[1, 0, 0, 1]
    )
    assert found["user_id"].tolist() == ["b", "nobody", "a", "a"]
    assert found["label"].tolist() == [1, 0, 0, 1]
    assert found["total_events_24h"].isna().tolist() == [False, True, True, False]


def test_of_rows_of_one_moment_the_one_written_last_counts(tmp_path: Path) -> None:
    """A late event's row has the moment of the row it corrects; both may be of one millisecond."""
    rows = [_row("a", NOON, version, version=version) for version in (1, 3, 2)]
    rows += [_row("b", NOON, 9, created=NOON + timedelta(1), version=1), _row("b", NOON, 8, version=7)]
    rows += [_row(f"x{number}", NOON, number) for number in range(50)]
    found = _events(_store(tmp_path, rows), [("a", NOON), ("b", NOON)])
    assert found["total_events_24h"].tolist() == [3, 9]


def test_naive_times_are_utc(tmp_path: Path) -> None:
    naive = pa.schema(
        [pa.field(f.name, pa.timestamp("us") if pa.types.is_timestamp(f.type) else f.type) for f in SCHEMA]
    )
    rows = [{k: v.replace(tzinfo=None) if isinstance(v, datetime) else v for k, v in _row("a", NOON, 4).items()}]
    found = _events(_store(tmp_path, rows, naive), [("a", NOON.replace(tzinfo=None))])
    assert found["total_events_24h"].tolist() == [4]
    assert found["last_seen"][0] == pd.Timestamp(NOON)


def test_the_service_gives_every_feature_of_the_schema(tmp_path: Path) -> None:
    store = _store(tmp_path, [_row("a", NOON, 1)])
    entities = pd.DataFrame({"user_id": ["a"], "event_timestamp": [NOON]})
    found = store.get_historical_features(
        entities, features=store.get_feature_service("purchase_24h"), full_feature_names=False
    ).to_df()
    assert list(found.columns[2:]) == [feature.name for feature in USER_FEATURES]


def test_two_stores_of_one_process_read_their_own_lakes(tmp_path: Path) -> None:
    first = _store(tmp_path / "first", [_row("a", NOON, 1)])
    second = _store(tmp_path / "second", [_row("a", NOON, 2)])
    assert _events(first, [("a", NOON)])["total_events_24h"].tolist() == [1]
    assert _events(second, [("a", NOON)])["total_events_24h"].tolist() == [2]


def test_a_missing_log_and_a_missing_column_are_said(tmp_path: Path) -> None:
    empty = open_store(FeatureStoreSettings(state=tmp_path / "empty"))
    with pytest.raises(ShopstreamError, match="has no files yet"):
        _events(empty, [("a", NOON)])
    lacking = SCHEMA.remove(SCHEMA.get_field_index("last_seen"))
    with pytest.raises(ShopstreamError, match="has no column last_seen"):
        _events(_store(tmp_path, [_row("a", NOON, 1)], lacking), [("a", NOON)])


def test_pull_latest_and_all_between_two_moments(tmp_path: Path) -> None:
    """What ``feast materialize`` reads."""
    rows = [_row("a", NOON + timedelta(hours=hour), hour) for hour in range(4)]
    # A late event's row: same moment, same millisecond of writing, later version.
    rows.insert(1, _row("a", NOON + timedelta(hours=2), 20, version=2))
    store = _store(tmp_path, rows)
    view = store.get_feature_view("user_24h")
    arguments = {
        "config": store.config,
        "data_source": view.batch_source,
        "join_key_columns": ["user_id"],
        "feature_name_columns": ["total_events_24h"],
        "timestamp_field": "event_timestamp",
        "created_timestamp_column": "created_timestamp",
        "start_date": NOON + timedelta(hours=1),
        "end_date": NOON + timedelta(hours=2),
    }
    provider = store._get_provider().offline_store
    latest = provider.pull_latest_from_table_or_query(**arguments).to_df()
    everything = provider.pull_all_from_table_or_query(**arguments).to_df()
    assert latest["total_events_24h"].tolist() == [20]
    assert sorted(everything["total_events_24h"]) == [1, 2, 20]
