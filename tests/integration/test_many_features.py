"""Many users read in one go are what Feast's client reads, whatever was written."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import redis
from feast import FeatureStore
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feature_repo.settings import FeatureStoreSettings
from feature_repo.store import open_store
from flink_jobs.features.online_store import OnlineStore
from flink_jobs.features.schema import USER
from serving.features import _rows
from serving.many_features import ManyFeatures

_VALUES = {
    "int64": st.integers(-(2**63), 2**63 - 1),
    "double": st.floats(allow_nan=False),
    "timestamp": st.integers(0, 253_402_300_799),
}
ROWS = st.tuples(*(_VALUES[feature.type] for feature in USER.features))
MOMENTS = st.integers(0, 4_102_444_800_000_000)


@pytest.fixture(scope="module")
def store(valkey_address: str) -> Iterator[OnlineStore]:
    found = OnlineStore(valkey_address, USER)
    yield found
    found.close()


@pytest.fixture(scope="module")
def feast(valkey_address: str, tmp_path_factory: pytest.TempPathFactory) -> FeatureStore:
    return open_store(FeatureStoreSettings(redis=valkey_address, state=tmp_path_factory.mktemp("feast")))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(ROWS, MOMENTS), min_size=1, max_size=8))
def test_what_is_read_is_what_feast_reads(
    valkey_address: str, store: OnlineStore, feast: FeatureStore, rows: list[tuple[Any, int]]
) -> None:
    with redis.Redis.from_url(f"redis://{valkey_address}") as server:
        server.flushall()
    users = [f"many-{number}" for number in range(len(rows))]
    store.write([(user, moment, 1, values) for user, (values, moment) in zip(users, rows, strict=True)])
    asked = ["nobody", *users, "many-0"]
    answer = feast.get_online_features(feast.get_feature_service("purchase_24h"), {"user_id": asked})
    assert ManyFeatures(valkey_address, 1).read(asked) == _rows(asked, answer.proto)


def test_a_store_that_is_away_is_said() -> None:
    with pytest.raises(redis.exceptions.ConnectionError):
        ManyFeatures("127.0.0.1:1", 0.2).read(["ann"])


def test_a_row_of_now(valkey_address: str, store: OnlineStore) -> None:
    now = datetime.now(UTC).replace(microsecond=123_456)
    values = [{"int64": 3, "double": 1.5, "timestamp": int(now.timestamp())}[feature.type] for feature in USER.features]
    store.write([("of-now", int(now.timestamp() * 1e6), 1, values)])
    (row,) = ManyFeatures(valkey_address, 1).read(["of-now"])
    assert set(row.timestamps) == {"user_24h", "user_1h", "user_session"}
    assert abs((now - row.timestamp).total_seconds()) < 1e-5 if row.timestamp else False
    assert row.values["last_seen"] == now.replace(microsecond=0)
    assert row.values["total_events_24h"] == 3
