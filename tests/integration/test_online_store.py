"""Rows that the Flink job writes, read back by Feast itself from a real Redis-protocol server."""

import itertools
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
import redis
from feast import FeatureStore
from hypothesis import example, given, settings
from hypothesis import strategies as st

from feature_repo.settings import FeatureStoreSettings
from feature_repo.store import open_store
from flink_jobs.features.feast_encoding import user_key
from flink_jobs.features.online_store import OnlineStore, Row
from flink_jobs.features.schema import USER_FEATURE_GROUPS, USER_FEATURES

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NOON = 1_793_534_400_123_456
"""2026-11-01 12:00:00.123456 UTC in microseconds."""

NAMES = [feature.name for feature in USER_FEATURES]
REFERENCES = [f"{group.name}:{feature.name}" for group in USER_FEATURE_GROUPS for feature in group.features]

seconds = st.integers(0, 253_402_300_799)  # 1970 to 9999
VALUES = {
    "int64": st.integers(0, 2**63 - 1),
    "double": st.floats(allow_nan=False, allow_infinity=False),
    "timestamp": seconds,
}
values = st.tuples(*(VALUES[feature.type] for feature in USER_FEATURES))
moments = st.integers(0, 4_102_444_800_000_000)
users = st.text(st.characters(codec="utf-8"), max_size=20)


def uniform(integer: int, double: float, second: int) -> Sequence[float]:
    numbers = {"int64": integer, "double": double, "timestamp": second}
    return tuple(numbers[feature.type] for feature in USER_FEATURES)


@pytest.fixture(scope="module")
def online(valkey_address: str) -> Iterator[OnlineStore]:
    store = OnlineStore(valkey_address)
    yield store
    store.close()


@pytest.fixture(scope="module")
def server(valkey_address: str) -> Iterator[redis.Redis]:
    client = redis.Redis.from_url(f"redis://{valkey_address}")
    yield client
    client.close()


@pytest.fixture(scope="module")
def feast(valkey_address: str, tmp_path_factory: pytest.TempPathFactory) -> FeatureStore:
    return open_store(FeatureStoreSettings(redis=valkey_address, state=tmp_path_factory.mktemp("feast")))


def read(feast: FeatureStore, *user_ids: str) -> list[dict[str, object] | None]:
    """The features of each user as Feast serves them, with the one event time of all; None without a row."""
    response = feast.get_online_features(REFERENCES, [{"user_id": user_id} for user_id in user_ids])
    found = response.to_dict()
    names = response.proto.metadata.feature_names.val
    moments = {
        name: [EPOCH + timedelta(seconds=moment.seconds, microseconds=moment.nanos // 1000) for moment in vector]
        for name, vector in zip(names, (result.event_timestamps for result in response.proto.results), strict=True)
    }
    rows: list[dict[str, object] | None] = []
    for position in range(len(user_ids)):
        row = {name: found[name][position] for name in NAMES}
        if all(cell is None for cell in row.values()):
            rows.append(None)
            continue
        (moment,) = {moments[name][position] for name in NAMES}
        rows.append(row | {"event_timestamp": moment})
    return rows


def served(row: Row) -> dict[str, object]:
    """What a reader must see of a written row."""
    _, micros, _, numbers = row
    cells: dict[str, object] = {
        feature.name: EPOCH + timedelta(seconds=number) if feature.type == "timestamp" else number
        for feature, number in zip(USER_FEATURES, numbers, strict=True)
    }
    return cells | {"event_timestamp": EPOCH + timedelta(microseconds=micros)}


@settings(max_examples=60, deadline=None)
@example("", NOON, uniform(0, 0.0, 0))
@example("Zoë 🛒 用户", 0, uniform(2**31, -0.0, 2**31))
@example("user_1", NOON, uniform(2**63 - 1, 5e-324, 253_402_300_799))
@example("user_1", 4_102_444_799_999_999, uniform(4095, 0.1 + 0.2, 4096))
@given(users, moments, values)
def test_feast_reads_every_value_as_it_was_written(
    online: OnlineStore,
    server: redis.Redis,
    feast: FeatureStore,
    user_id: str,
    micros: int,
    numbers: tuple[float, ...],
) -> None:
    row = (user_id, micros, 1, numbers)
    server.delete(user_key(user_id))
    assert online.write([row]) == 1
    (found,) = read(feast, user_id)
    assert found == served(row)
    for name in NAMES:
        assert type(found[name]) is type(served(row)[name])


def test_users_are_told_apart(online: OnlineStore, feast: FeatureStore) -> None:
    names = ["apart", "apart ", "Apart", "apárt", "apa\u0301rt", "a" * 5000]
    rows = [(name, NOON + number, 1, uniform(number, 0.5, 7)) for number, name in enumerate(names)]
    assert online.write(rows) == len(rows)
    assert read(feast, *names, "apart_nobody") == [*map(served, rows), None]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_the_newest_row_stays_in_whatever_order_and_batches_rows_come(
    online: OnlineStore, server: redis.Redis, feast: FeatureStore, data: st.DataObject
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
    written = 0
    for start, end in itertools.pairwise([0, *cuts]):
        batch = arrivals[start:end]
        written += online.write(batch)
        (found,) = read(feast, user_id)
        assert found == served(max(arrivals[:end], key=lambda row: row[1:3]))
        assert online.write(batch) == 0, "a batch that is written again changes nothing"
    assert read(feast, user_id) == [served(newest)]
    running = list(itertools.accumulate((row[1:3] for row in arrivals), max))
    assert written == len(set(running))


def test_an_equal_row_changes_no_byte(online: OnlineStore, server: redis.Redis) -> None:
    row = ("equal", NOON, 3, uniform(5, 2.5, 11))
    assert online.write([row, row]) == 1
    before = server.hgetall(user_key("equal"))
    assert online.write([row]) == 0
    # The same place in the order with other values: the row that is there was served, so it stays.
    assert online.write([("equal", NOON, 3, uniform(6, 3.5, 12))]) == 0
    assert server.hgetall(user_key("equal")) == before


@settings(max_examples=25, deadline=None)
@example("Zoë 🛒 用户", NOON, uniform(0, 0.0, 0))
@given(users.filter(bool), moments.filter(bool), values)
def test_the_bytes_are_those_of_feast(
    online: OnlineStore,
    server: redis.Redis,
    feast: FeatureStore,
    user_id: str,
    micros: int,
    numbers: tuple[float, ...],
) -> None:
    key = user_key(user_id)
    server.delete(key)
    online.write([(user_id, micros, 1, numbers)])
    ours = server.hgetall(key)
    assert ours.pop(b"_order") == b"%017d.%012d" % (micros, 1)

    server.delete(key)
    cells = dict(zip(NAMES, numbers, strict=True))
    moment = pd.to_datetime([micros], unit="us", utc=True)
    for group in USER_FEATURE_GROUPS:
        columns = {
            feature.name: pd.Series([cells[feature.name]]).astype("datetime64[s]").dt.tz_localize("UTC")
            if feature.type == "timestamp"
            else [cells[feature.name]]
            for feature in group.features
        }
        frame = pd.DataFrame({"user_id": [user_id], "event_timestamp": moment, "created_timestamp": moment, **columns})
        feast.write_to_online_store(group.name, frame)
    assert ours == server.hgetall(key)


def test_a_server_that_forgot_the_script_gets_it_again(
    online: OnlineStore, server: redis.Redis, feast: FeatureStore
) -> None:
    server.script_flush()
    first, second = (("script", NOON + number, 1, uniform(number, 0.5, 3)) for number in range(2))
    assert online.write([first]) == 1
    server.script_flush()
    assert online.write([first, second]) == 1
    assert read(feast, "script") == [served(second)]


def test_a_server_that_refuses_the_write_is_heard(online: OnlineStore, server: redis.Redis) -> None:
    server.set(user_key("not_a_hash"), b"")
    with pytest.raises(redis.exceptions.ResponseError, match="WRONGTYPE"):
        online.write([("not_a_hash", NOON, 1, uniform(1, 1.0, 1))])


def test_no_rows_write_nothing(online: OnlineStore) -> None:
    assert online.write([]) == 0
