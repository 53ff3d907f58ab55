"""What must hold after every round: nothing lost, nothing counted twice, no older feature over a newer one."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

import duckdb
import redis

from flink_jobs.features.feast_encoding import key_maker
from flink_jobs.features.online_writer import ORDER_FIELD
from flink_jobs.features.schema import FEATURE_SETS, USER
from tests.chaos.shop import Shop
from tests.exactness.arrivals import Arrivals
from tests.exactness.checks import (
    WINDOWS,
    check_features,
    check_funnel,
    check_lake,
    check_live_rows,
    check_windows,
)
from tests.exactness.system import System, wait_until

SECONDS = 240


def check_all(shop: Shop) -> Arrivals:
    """Wait until everything was read; compare every result with the computation on all that was ever sent."""
    system, arrivals = shop.system, shop.arrivals()
    poison = sum(arrivals.dead_letters.values())
    events = arrivals.records - poison
    wait_until(
        lambda: system.events_in_lake() >= events and system.dead_letters().total() >= poison,
        f"{events:,} events in the lake and {poison} dead letters",
        SECONDS,
    )
    assert system.dead_letters() == arrivals.dead_letters
    check_lake(system, arrivals)
    for result in WINDOWS:
        assert check_windows(system, arrivals, result)
        assert check_live_rows(system, result)
    # Its last changes come with the watermark, which the silence after the traffic holds up.
    assert check_funnel(system, arrivals, 120)
    assert check_live_rows(system, "funnel_conversions")
    for features in FEATURE_SETS:
        assert check_features(system, arrivals, features)
    check_online_rows(system)
    return arrivals


def check_online_rows(system: System) -> None:
    """The online store holds, of every user, the very row that is the latest of the log."""
    query = f"""
        SELECT {USER.key}, max((epoch_us(event_timestamp), version)) AS newest
        FROM read_parquet('{system.lake(USER.name)}') GROUP BY ALL
    """

    def equal() -> bool:
        newest = dict(duckdb.execute(query).fetchall())
        held = _orders(system.settings.redis, list(newest))
        return bool(newest) and held == {user: b"%018d.%012d" % order for user, order in newest.items()}

    wait_until(equal, "the online store equals the log", 60)


@contextmanager
def no_row_goes_back(system: System) -> Iterator[None]:
    """Look at the online rows all the while; fail when one is older than it was before."""
    ended = Event()
    wrong: list[str] = []

    def watch() -> None:
        seen: dict[str, bytes] = {}
        while not ended.wait(0.2):
            try:
                held = _orders(system.settings.redis, [f"user_{number:06}" for number in range(200)])
            except (redis.RedisError, OSError):
                continue  # The store is one of the parts that are killed.
            wrong.extend(
                f"{user}: {held[user]!r} after {seen[user]!r}" for user in held if held[user] < seen.get(user, b"")
            )
            seen.update(held)

    thread = Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
    assert not wrong, wrong[:5]


def _orders(address: str, users: list[str]) -> dict[str, bytes]:
    host, _, port = address.rpartition(":")
    key = key_maker(USER.key)
    with redis.Redis(host=host, port=int(port), socket_timeout=2) as server:
        pipeline = server.pipeline(transaction=False)
        for user in users:
            pipeline.hget(key(user), ORDER_FIELD)  # type: ignore[arg-type]  # a key may be bytes
        return {user: order for user, order in zip(users, pipeline.execute(), strict=True) if order}
