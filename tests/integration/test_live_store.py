"""Live rows in a real Redis-protocol server."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import redis

from flink_jobs.live.live_store import KEPT, SIZES, LiveStore
from tests.redis_rows import LiveWriter

START = 1_800_000_000 // 3600 * 3600


@pytest.fixture
def store(valkey_address: str) -> Iterator[LiveStore]:
    made = LiveStore(valkey_address)
    yield made
    made.close()


@pytest.fixture
def writer(valkey_address: str) -> Iterator[LiveWriter]:
    made = LiveWriter(valkey_address)
    yield made
    made.close()


@pytest.fixture
def client(valkey_address: str) -> Iterator["redis.Redis[bytes]"]:
    host, _, port = valkey_address.rpartition(":")
    with redis.Redis(host=host, port=int(port)) as connection:
        connection.flushall()
        yield connection


def moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def test_later_rows_replace_earlier_ones(writer: LiveWriter, store: LiveStore, client: "redis.Redis[bytes]") -> None:
    assert client.dbsize() == 0
    first = [
        ("page_views", START, "/", '{"page": "/", "page_views": 1}'),
        ("page_views", START + 60, "/", '{"page": "/", "page_views": 7}'),
        ("revenue", START, "EUR", '{"currency": "EUR", "total_revenue": 1.5}'),
        ("page_views", START, "/ä", '{"page": "/ä", "page_views": 3}'),
        ("page_views", START, "/", '{"page": "/", "page_views": 2}'),
    ]
    writer.write(first)
    assert client.dbsize() == 5, "three windows and two lists"
    for _ in range(2):
        windows = store.windows("page_views")
        assert windows == [moment(START + 60), moment(START)]
        assert store.rows("page_views", windows) == [
            {"window_start": moment(START + 60), "page": "/", "page_views": 7},
            {"window_start": moment(START), "page": "/", "page_views": 2},
            {"window_start": moment(START), "page": "/ä", "page_views": 3},
        ]
        # Again, as after a crash.
        writer.write(first)
    assert store.windows("page_views", most=1) == [moment(START + 60)]
    assert store.rows("revenue", [moment(START), moment(START + 300)]) == [
        {"window_start": moment(START), "currency": "EUR", "total_revenue": 1.5}
    ]


def test_nothing_is_written_for_nothing(writer: LiveWriter, store: LiveStore, client: "redis.Redis[bytes]") -> None:
    writer.write([])
    assert client.dbsize() == 0
    assert store.windows("revenue") == []


def test_all_goes_48_hours_after_its_last_change(writer: LiveWriter, client: "redis.Redis[bytes]") -> None:
    writer.write([("revenue", START, "EUR", "{}")])
    keys = list(client.scan_iter())
    assert len(keys) == 2
    for key in keys:
        assert timedelta(seconds=client.ttl(key)) == pytest.approx(KEPT, abs=timedelta(seconds=60))


def test_windows_of_48_hours_are_listed(writer: LiveWriter, store: LiveStore, client: "redis.Redis[bytes]") -> None:
    assert client.dbsize() == 0
    most = KEPT // SIZES["funnel_stages"]
    rows = [("funnel_stages", START + 900 * number, "purchase", "{}") for number in range(most + 5)]
    writer.write(reversed(rows))
    assert store.windows("funnel_stages", most=1000) == [moment(row[1]) for row in reversed(rows[5:])]
    assert client.dbsize() == most + 1, "windows that are not listed keep no rows"


def test_a_result_without_live_rows_is_an_error(store: LiveStore) -> None:
    with pytest.raises(KeyError):
        store.windows("lake")
