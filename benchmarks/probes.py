"""Events of probe users in a running stream, and how long each takes until Feast gives a value that includes it."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

import redis
from feast import FeatureStore

from flink_jobs.features.feast_encoding import key_maker
from flink_jobs.features.online_writer import ORDER_FIELD
from flink_jobs.features.schema import USER, USER_24H
from ingestion.event import Event
from ingestion.producer import EventProducer

_FEATURE = "total_events_24h"
_POLL_SECONDS = 0.005
_GIVE_UP_SECONDS = 30.0


@dataclass(slots=True)
class Probe:
    """One event of one probe user."""

    user: str
    count: int
    """Events of the user from then on."""

    micros: int
    sent: float
    """By the monotonic clock, before it was given to the producer."""

    stored: float | None = None
    """When the store was seen to hold a row that includes it."""

    read: float | None = None
    """When Feast had returned that value."""


class Probes:
    """Sends probes and waits for them in a thread; a context manager.

    Rows that are there are found by their order fields alone, all in one call every 5 ms; Feast is asked once for each
    probe, when its row is there.
    """

    def __init__(self, producer: EventProducer, address: str, store: FeatureStore, users: int = 100) -> None:
        host, _, port = address.rpartition(":")
        self._redis = redis.Redis(host=host, port=int(port))
        self._key = key_maker(USER.key)
        self._producer = producer
        self._store = store
        self._users = users
        self._waiting: list[Probe] = []
        self._done: list[Probe] = []
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._watcher = ThreadPoolExecutor(1)
        self._sent = 0

    def send(self) -> None:
        """Send the next user's next event."""
        user, count = f"probe_{self._sent % self._users}", self._sent // self._users + 1
        now = datetime.now(UTC)
        event = Event(
            f"probe-{self._sent}", "page_view", now, user, f"session-{user}", {"page": f"/probe/{self._sent % 7}"}
        )
        probe = Probe(user, count, round(now.timestamp() * 1e6), time.monotonic())
        self._sent += 1
        self._producer.send(event)
        with self._lock:
            self._waiting.append(probe)

    @property
    def are_waited_for(self) -> bool:
        """Whether any is under way: none is for longer than 30 seconds."""
        with self._lock:
            return bool(self._waiting)

    def take(self) -> list[Probe]:
        """Return the probes that came through since the last call; one seen with another value than its own did not.

        Raises what ended the watch, if anything did.
        """
        if self._watching.done():
            self._watching.result()
        with self._lock:
            done, self._done = self._done, []
        return done

    def __enter__(self) -> "Probes":
        self._watching = self._watcher.submit(self._watch)
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._watcher.shutdown()
        self._redis.close()

    def _watch(self) -> None:
        while not self._over.wait(_POLL_SECONDS):
            with self._lock:
                waiting = list(self._waiting)
            orders = self._redis.pipeline(transaction=False)
            for probe in waiting:
                orders.execute_command("HGET", self._key(probe.user), ORDER_FIELD)  # type: ignore[no-untyped-call]
            for probe, held in zip(waiting, orders.execute(), strict=True):
                if held is not None and int(held.partition(b".")[0]) >= probe.micros:
                    probe.stored = time.monotonic()
                    row = self._store.get_online_features([f"{USER_24H.name}:{_FEATURE}"], [{"user_id": probe.user}])
                    (value,) = row.to_dict()[_FEATURE]
                    probe.read = time.monotonic()
                    self._end(probe, value is not None and value >= probe.count)
                elif time.monotonic() - probe.sent > _GIVE_UP_SECONDS:
                    self._end(probe, False)

    def _end(self, probe: Probe, is_good: bool) -> None:
        with self._lock:
            self._waiting.remove(probe)
            if is_good:
                self._done.append(probe)
