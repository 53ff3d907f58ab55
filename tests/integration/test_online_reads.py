"""A read in one round trip is what Feast's own Redis store reads, whatever was written and however it is asked."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import redis
from feast import FeatureStore
from feast.infra.online_stores.redis import RedisOnlineStore
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feature_repo.online_rows import OnlineRows
from feature_repo.settings import FeatureStoreSettings
from feature_repo.store import open_store
from flink_jobs.features.schema import PRODUCT, USER, FeatureSet
from tests.redis_rows import FeatureWriter

_VALUES = {
    "int64": st.integers(-(2**63), 2**63 - 1),
    "double": st.floats(allow_nan=False),
    "timestamp": st.integers(0, 253_402_300_799),
}
MOMENTS = st.integers(0, 4_102_444_800_000_000)


def rows_of(features: FeatureSet) -> st.SearchStrategy[Any]:
    return st.tuples(*(_VALUES[feature.type] for feature in features.features))


@pytest.fixture(scope="module")
def feast(valkey_address: str, tmp_path_factory: pytest.TempPathFactory) -> FeatureStore:
    return open_store(FeatureStoreSettings(redis=valkey_address, state=tmp_path_factory.mktemp("feast")))


@pytest.fixture(scope="module")
def user_rows(valkey_address: str) -> Iterator[FeatureWriter]:
    found = FeatureWriter(valkey_address, USER)
    yield found
    found.close()


def by_feast(feast: FeatureStore, service: str, rows: dict[str, Sequence[str]]) -> Any:
    """The answer of the store that ours extends."""
    return RedisOnlineStore().get_online_features(
        feast.config, feast.get_feature_service(service), rows, feast.registry, feast.project
    )


def columns(answer: Any) -> dict[str, Any]:
    """Every column of Feast's message, whose order Feast leaves to chance."""
    return dict(zip(answer.proto.metadata.feature_names.val, map(str, answer.proto.results), strict=True))


@pytest.mark.parametrize(("features", "service"), [(USER, "purchase_24h"), (PRODUCT, "product_activity")])
def test_what_is_read_is_what_feast_reads(
    valkey_address: str, feast: FeatureStore, features: FeatureSet, service: str
) -> None:
    store = FeatureWriter(valkey_address, features)

    @settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(rows=st.lists(st.tuples(rows_of(features), MOMENTS), min_size=1, max_size=8))
    def compare(rows: list[tuple[Any, int]]) -> None:
        with redis.Redis.from_url(f"redis://{valkey_address}") as server:
            server.flushall()
        ids = [f"many-{number}" for number in range(len(rows))]
        store.write([(one, moment, 1, values) for one, (values, moment) in zip(ids, rows, strict=True)])
        asked = {features.key: ["nobody", *ids, "many-0"]}
        answer = feast.get_online_features(feast.get_feature_service(service), asked)
        assert isinstance(answer, OnlineRows)
        theirs = by_feast(feast, service, asked)
        assert columns(answer) == columns(theirs)
        assert answer.to_dict(include_event_timestamps=True) == theirs.to_dict(include_event_timestamps=True)
        # What the scorer takes is what Feast's columns say.
        stated = theirs.to_dict()
        for name in (feature.name for feature in features.features):
            assert [row.get(name) for row in answer.values()] == stated[name]

    compare()
    store.close()


def test_the_event_loop_reads_the_same(feast: FeatureStore, user_rows: FeatureWriter) -> None:
    now = datetime.now(UTC).replace(microsecond=123_456)
    values = [{"int64": 3, "double": 1.5, "timestamp": int(now.timestamp())}[feature.type] for feature in USER.features]
    user_rows.write([("of-now", int(now.timestamp() * 1e6), 1, values)])
    service = feast.get_feature_service("purchase_24h")

    async def read() -> list[Any]:
        found = [await feast.get_online_features_async(service, {"user_id": ids}) for ids in (["of-now"], ["a", "b"])]
        await feast.close()
        return found

    one, two = asyncio.run(read())
    assert isinstance(one, OnlineRows)
    assert columns(one) == columns(by_feast(feast, "purchase_24h", {"user_id": ["of-now"]}))
    (times,), (row,) = one.times(), one.values()
    assert set(times) == {"user_24h", "user_1h", "user_session"}
    assert set(times.values()) == {now}
    assert (row["last_seen"], row["total_events_24h"]) == (now.replace(microsecond=0), 3)
    assert two.values() == [{}, {}]
    assert two.times() == [{}, {}]


@pytest.mark.parametrize(
    ("asked", "entities", "options"),
    [
        (["user_24h:total_events_24h"], {"user_id": ["ann"]}, {}),
        ("purchase_24h", [{"user_id": "ann"}], {}),
        ("purchase_24h", {"user_id": ["ann"]}, {"full_feature_names": True}),
    ],
    ids=["single features", "rows as a list", "full names"],
)
def test_every_other_way_to_ask_is_left_to_feast(
    feast: FeatureStore, asked: Any, entities: Any, options: dict[str, Any]
) -> None:
    features = feast.get_feature_service(asked) if isinstance(asked, str) else asked
    answer = feast.get_online_features(features, entities, **options)
    assert not isinstance(answer, OnlineRows)
    assert answer.to_dict()["user_id"] == ["ann"]


def test_a_store_that_is_away_is_said(tmp_path: Path) -> None:
    away = open_store(FeatureStoreSettings(redis="127.0.0.1:1", state=tmp_path))
    with pytest.raises(redis.exceptions.ConnectionError):
        away.get_online_features(away.get_feature_service("purchase_24h"), {"user_id": ["ann"]})
