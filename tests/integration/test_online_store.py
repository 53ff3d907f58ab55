"""Rows that the Flink job writes, read back by Feast itself from a real Redis-protocol server."""

import itertools
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
import redis
from feast import FeatureStore
from hypothesis import given, settings
from hypothesis import strategies as st
from py4j.protocol import Py4JJavaError

from deploy.stack.settings import StackSettings
from deploy.stack.stack import Stack
from feature_repo.settings import FeatureStoreSettings
from feature_repo.store import open_store
from flink_jobs.features.feast_encoding import key_maker
from flink_jobs.features.schema import FEATURE_SETS, PRODUCT, USER, FeatureSet
from tests.redis_rows import FeatureWriter, Row

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NOON = 1_793_534_400_123_456
"""2026-11-01 12:00:00.123456 UTC in microseconds."""

user_key = key_maker(USER.key)

seconds = st.integers(0, 253_402_300_799)  # 1970 to 9999
VALUES = {
    "int64": st.integers(0, 2**63 - 1),
    "double": st.floats(allow_nan=False, allow_infinity=False),
    "timestamp": seconds,
}
values = {
    features.entity: st.tuples(*(VALUES[feature.type] for feature in features.features)) for features in FEATURE_SETS
}
moments = st.integers(0, 4_102_444_800_000_000)
ids = st.text(st.characters(codec="utf-8"), max_size=20)


def uniform(integer: int, double: float, second: int, features: FeatureSet = USER) -> Sequence[float]:
    numbers = {"int64": integer, "double": double, "timestamp": second}
    return tuple(numbers[feature.type] for feature in features.features)


@pytest.fixture(scope="module")
def stores(valkey_address: str) -> Iterator[dict[str, FeatureWriter]]:
    found = {features.entity: FeatureWriter(valkey_address, features) for features in FEATURE_SETS}
    yield found
    for store in found.values():
        store.close()


@pytest.fixture(scope="module")
def online(stores: dict[str, FeatureWriter]) -> FeatureWriter:
    return stores["user"]


@pytest.fixture(scope="module")
def server(valkey_address: str) -> Iterator[redis.Redis]:
    client = redis.Redis.from_url(f"redis://{valkey_address}")
    yield client
    client.close()


@pytest.fixture(scope="module")
def feast(valkey_address: str, tmp_path_factory: pytest.TempPathFactory) -> FeatureStore:
    return open_store(FeatureStoreSettings(redis=valkey_address, state=tmp_path_factory.mktemp("feast")))


def read(feast: FeatureStore, *entity_ids: str, features: FeatureSet = USER) -> list[dict[str, object] | None]:
    """The features of each entity as Feast serves them, with the one event time of all; None without a row."""
    references = [f"{group.name}:{feature.name}" for group in features.groups for feature in group.features]
    response = feast.get_online_features(references, [{features.key: entity_id} for entity_id in entity_ids])
    found = response.to_dict()
    names = response.proto.metadata.feature_names.val
    moments = {
        name: [EPOCH + timedelta(seconds=moment.seconds, microseconds=moment.nanos // 1000) for moment in vector]
        for name, vector in zip(names, (result.event_timestamps for result in response.proto.results), strict=True)
    }
    wanted = [feature.name for feature in features.features]
    rows: list[dict[str, object] | None] = []
    for position in range(len(entity_ids)):
        row = {name: found[name][position] for name in wanted}
        if all(cell is None for cell in row.values()):
            rows.append(None)
            continue
        (moment,) = {moments[name][position] for name in wanted}
        rows.append(row | {"event_timestamp": moment})
    return rows


def served(row: Row, features: FeatureSet = USER) -> dict[str, object]:
    """What a reader must see of a written row."""
    _, micros, _, numbers = row
    cells: dict[str, object] = {
        feature.name: EPOCH + timedelta(seconds=number) if feature.type == "timestamp" else number
        for feature, number in zip(features.features, numbers, strict=True)
    }
    return cells | {"event_timestamp": EPOCH + timedelta(microseconds=micros)}


@pytest.mark.parametrize("features", FEATURE_SETS, ids=lambda features: features.entity)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_feast_reads_every_value_as_it_was_written(
    stores: dict[str, FeatureWriter],
    server: redis.Redis,
    feast: FeatureStore,
    features: FeatureSet,
    data: st.DataObject,
) -> None:
    by_hand = [
        ("", NOON, uniform(0, 0.0, 0, features)),
        ("Zoë 🛒 用户", 0, uniform(2**31, -0.0, 2**31, features)),
        ("one", NOON, uniform(2**63 - 1, 5e-324, 253_402_300_799, features)),
        ("one", 4_102_444_799_999_999, uniform(4095, 0.1 + 0.2, 4096, features)),
    ]
    entity_id, micros, numbers = data.draw(st.sampled_from(by_hand) | st.tuples(ids, moments, values[features.entity]))
    row = (entity_id, micros, 1, numbers)
    server.delete(key_maker(features.key)(entity_id))
    assert stores[features.entity].write([row]) == 1
    (found,) = read(feast, entity_id, features=features)
    wanted = served(row, features)
    assert found == wanted
    for name, cell in wanted.items():
        assert type(found[name]) is type(cell)
        assert str(found[name]) == str(cell), "0.0 is not -0.0"


def test_a_product_and_a_user_of_one_name_are_two(stores: dict[str, FeatureWriter], feast: FeatureStore) -> None:
    rows = {features.entity: ("same", NOON, 1, uniform(3, 4.5, 5, features)) for features in FEATURE_SETS}
    for features in FEATURE_SETS:
        assert stores[features.entity].write([rows[features.entity]]) == 1
    for features in FEATURE_SETS:
        assert read(feast, "same", features=features) == [served(rows[features.entity], features)]


def test_users_are_told_apart(online: FeatureWriter, feast: FeatureStore) -> None:
    names = ["apart", "apart ", "Apart", "apárt", "apa\u0301rt", "a" * 5000]
    rows = [(name, NOON + number, 1, uniform(number, 0.5, 7)) for number, name in enumerate(names)]
    assert online.write(rows) == len(rows)
    assert read(feast, *names, "apart_nobody") == [*map(served, rows), None]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_the_newest_row_stays_in_whatever_order_and_batches_rows_come(
    online: FeatureWriter, server: redis.Redis, feast: FeatureStore, data: st.DataObject
) -> None:
    """Event time first, then version: nines and tens, so that order as text would be another one."""
    orders = data.draw(
        st.lists(
            st.tuples(st.sampled_from([9, 10, NOON, NOON + 1]), st.sampled_from([1, 9, 10])),
            min_size=1,
            max_size=6,
            unique=True,
        )
    )
    user_id = "order"
    rows = [(user_id, micros, version, uniform(number, 1.5, 9)) for number, (micros, version) in enumerate(orders)]
    newest = max(rows, key=lambda row: row[1:3])
    arrivals = data.draw(st.permutations(rows))
    cuts = sorted(data.draw(st.sets(st.integers(1, len(rows)))) | {len(rows)})
    server.delete(user_key(user_id))
    for start, end in itertools.pairwise([0, *cuts]):
        batch = arrivals[start:end]
        before = max((row[1:3] for row in arrivals[:start]), default=(-1, -1))
        assert online.write(batch) == (max(row[1:3] for row in batch) > before)
        (found,) = read(feast, user_id)
        assert found == served(max(arrivals[:end], key=lambda row: row[1:3]))
        assert online.write(batch) == 0, "a batch that is written again changes nothing"
    assert read(feast, user_id) == [served(newest)]


def test_an_equal_row_changes_no_byte(online: FeatureWriter, server: redis.Redis) -> None:
    row = ("equal", NOON, 3, uniform(5, 2.5, 11))
    assert online.write([row, row]) == 1
    before = server.hgetall(user_key("equal"))
    assert online.write([row]) == 0
    # The same place in the order with other values: the row that is there was served, so it stays.
    assert online.write([("equal", NOON, 3, uniform(6, 3.5, 12))]) == 0
    assert server.hgetall(user_key("equal")) == before


@pytest.mark.parametrize("features", FEATURE_SETS, ids=lambda features: features.entity)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_the_bytes_are_those_of_feast(
    stores: dict[str, FeatureWriter],
    server: redis.Redis,
    feast: FeatureStore,
    features: FeatureSet,
    data: st.DataObject,
) -> None:
    by_hand = ("Zoë 🛒 用户", NOON, uniform(0, 0.0, 0, features))
    row = st.tuples(ids.filter(bool), moments.filter(bool), values[features.entity])
    entity_id, micros, numbers = data.draw(st.just(by_hand) | row)
    key = key_maker(features.key)(entity_id)
    server.delete(key)
    stores[features.entity].write([(entity_id, micros, 1, numbers)])
    ours = server.hgetall(key)
    assert ours.pop(b"_order") == b"%018d.%012d" % (micros, 1)

    server.delete(key)
    cells = dict(zip((feature.name for feature in features.features), numbers, strict=True))
    moment = pd.to_datetime([micros], unit="us", utc=True)
    for group in features.groups:
        columns = {
            feature.name: pd.Series([cells[feature.name]]).astype("datetime64[s]").dt.tz_localize("UTC")
            if feature.type == "timestamp"
            else [cells[feature.name]]
            for feature in group.features
        }
        frame = pd.DataFrame(
            {features.key: [entity_id], "event_timestamp": moment, "created_timestamp": moment, **columns}
        )
        feast.write_to_online_store(group.name, frame)
    assert ours == server.hgetall(key)


def test_a_server_that_forgot_the_script_gets_it_again(
    online: FeatureWriter, server: redis.Redis, feast: FeatureStore
) -> None:
    server.script_flush()
    first, second = (("script", NOON + number, 1, uniform(number, 0.5, 3)) for number in range(2))
    assert online.write([first]) == 1
    server.script_flush()
    assert online.write([first, second]) == 1
    assert read(feast, "script") == [served(second)]


def test_a_server_that_refuses_the_write_is_heard(online: FeatureWriter, server: redis.Redis) -> None:
    server.set(user_key("not_a_hash"), b"")
    with pytest.raises(Py4JJavaError, match="WRONGTYPE"):
        online.write([("not_a_hash", NOON, 1, uniform(1, 1.0, 1))])


def test_what_is_closed_writes_no_more(valkey_address: str) -> None:
    writer = FeatureWriter(valkey_address, USER)
    assert writer.write([("closed", NOON, 1, uniform(1, 1.0, 1))]) == 1
    writer.close()
    with pytest.raises(Py4JJavaError, match="closed"):
        writer.write([("closed", NOON + 1, 1, uniform(1, 1.0, 1))])


def test_no_rows_write_nothing(online: FeatureWriter) -> None:
    assert online.write([]) == 0


def test_a_batch_holds_many_users_and_many_rows_of_each(online: FeatureWriter, feast: FeatureStore) -> None:
    """The newest row of each wins, wherever it stands."""
    names = [f"many_{number}" for number in range(70)]
    rows = [
        (name, NOON + offset, 1, uniform(number * 10 + offset, 0.5, 7))
        for offset in (1, 2, 0)
        for number, name in enumerate(names)
    ]
    assert online.write(rows) == len(names)
    wanted = [served((name, NOON + 2, 1, uniform(number * 10 + 2, 0.5, 7))) for number, name in enumerate(names)]
    assert read(feast, *names) == wanted


def test_an_error_in_the_middle_leaves_no_answer_behind(online: FeatureWriter, server: redis.Redis) -> None:
    """The connection goes on with the answers to its own calls."""
    server.set(user_key("wrong_type"), b"")
    names = ["before_error", "wrong_type", "after_error"]
    for _ in range(3):
        with pytest.raises(Py4JJavaError, match="WRONGTYPE"):
            online.write([(name, NOON, 1, uniform(1, 1.0, 1)) for name in names])
        assert online.write([("next", NOON, 1, uniform(1, 1.0, 1)), ("next", NOON, 2, uniform(1, 1.0, 1))]) <= 1
    assert online.write([("next", NOON, 3, uniform(1, 1.0, 1))]) == 1
    server.delete(user_key("wrong_type"))
    assert online.write([(name, NOON, 1, uniform(1, 1.0, 1)) for name in names]) == 1


@pytest.fixture
def own_valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[StackSettings, Stack]]:
    """A server of the test's own, which it may stop."""
    chosen = StackSettings.on_free_ports(tmp_path_factory.mktemp("valkey"))
    stack = Stack(chosen, ["valkey"])
    stack.up()
    try:
        yield chosen, stack
    finally:
        stack.down()


def test_a_write_waits_for_a_server_that_is_away(own_valkey: tuple[StackSettings, Stack]) -> None:
    settings, stack = own_valkey
    store = FeatureWriter(settings.redis, USER)
    rows = [(f"away_{number}", NOON, 1, uniform(number, 0.5, 7)) for number in range(50)]
    later = [(name, NOON + 1, 1, numbers) for name, _, _, numbers in rows]
    assert store.write(rows[:25]) == 25
    stack.down()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(store.write, [*rows, *later])
        assert not wait([waiting], timeout=1).done
        stack.up()
        assert waiting.result(60) == len(rows)
    feast = open_store(FeatureStoreSettings(redis=settings.redis, state=settings.home / "feast"))
    assert read(feast, *(row[0] for row in later)) == [served(row) for row in later]
    store.close()


def test_a_server_that_stays_away_is_heard_of(own_valkey: tuple[StackSettings, Stack]) -> None:
    settings, stack = own_valkey
    store = FeatureWriter(settings.redis, PRODUCT, patience=0.3)
    row = ("gone", NOON, 1, uniform(1, 1.0, 1, PRODUCT))
    assert store.write([row]) == 1
    stack.down()
    with pytest.raises(Py4JJavaError, match="JedisConnectionException"):
        store.write([row])
