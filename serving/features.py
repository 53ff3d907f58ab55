"""Reads users' features from the online store through Feast's SDK."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

from feature_repo.online_rows import FeatureValue
from flink_jobs.features.schema import USER_FEATURES
from serving.problems import NotReadyError

DEFAULTS: dict[str, FeatureValue] = {
    feature.name: {"int64": 0, "double": 0.0, "timestamp": None}[feature.type] for feature in USER_FEATURES
}
"""What a feature is where the store has none."""

# Redis' async client answers one user without a thread, its sync client many at once in half the time.
_FEW_USERS = 32
_PROBE_USER = "readiness-probe"


@dataclass(frozen=True, slots=True)
class FeatureRow:
    """One user's features as the online store held them at one moment.

    ``values`` has every requested feature by name: timestamps in UTC, a default (0, or None for a timestamp)
    where the store has none. ``timestamps`` has the event time in UTC, to the microsecond, of each feature
    view that has a row for this user.
    """

    user_id: str
    values: dict[str, FeatureValue]
    timestamps: dict[str, datetime]

    timestamp: datetime | None = field(init=False)
    """Event time of the oldest view of the row; None for an unknown user."""

    def __post_init__(self) -> None:
        # Asked for several times a call.
        object.__setattr__(self, "timestamp", min(self.timestamps.values(), default=None))

    @property
    def cold_start(self) -> bool:
        """True when the store knows nothing of this user."""
        return not self.timestamps

    def age_seconds(self, now: datetime) -> float | None:
        """Seconds from the row's event time to ``now``; negative when the producer's clock is ahead."""
        timestamp = self.timestamp
        return None if timestamp is None else (now - timestamp).total_seconds()


class OnlineAnswer(Protocol):
    """The part of ``feature_repo.online_rows.OnlineRows`` that the scorer reads."""

    def values(self) -> list[dict[str, FeatureValue]]:
        """Return the features of each entity by name, without those it does not have."""

    def times(self) -> list[dict[str, datetime]]:
        """Return the event time of each view that has a row for the entity."""


class OnlineStore(Protocol):
    """The part of ``feast.FeatureStore`` that the scorer calls."""

    def get_feature_service(self, name: str) -> Any:
        """Return a registered feature service."""

    def get_online_features(self, features: Any, entity_rows: Mapping[str, Sequence[str]]) -> OnlineAnswer:
        """Read from the caller's thread."""

    async def get_online_features_async(self, features: Any, entity_rows: Mapping[str, Sequence[str]]) -> OnlineAnswer:
        """Read from the event loop."""

    async def close(self) -> None:
        """Let go of the connections."""


class FeatureReader:
    """Reads by feature service; never waits for the store longer than its timeout, and recovers with it."""

    def __init__(
        self,
        open_store: Callable[[], OnlineStore],
        timeout_seconds: float,
        address: str,
    ) -> None:
        """``address`` is told to callers when the store is away; nothing connects before ``open``."""
        self._open_store = open_store
        self._timeout = timeout_seconds
        self._address = address
        self._store: OnlineStore | None = None
        self._services: dict[str, Any] = {}
        self.problem: str | None = "the feature store is still opening"

    def open(self, services: Sequence[str]) -> None:
        """Load the feature registry once: a look-up in the request path would cost more than the request.

        Called from the background, again after a failure; then ``problem`` says why. Does nothing once open.
        """
        if self._store is not None:
            return
        try:
            store = self._open_store()
            self._services = {name: store.get_feature_service(name) for name in services}
        except Exception as error:  # Feast raises many kinds; each is told in /readyz and tried again
            self.problem = f"the feature store does not open: {type(error).__name__}: {error}"
            raise
        self._store = store
        self.problem = None

    async def close(self) -> None:
        """Let go of the connections to the store."""
        if self._store is not None:
            await self._store.close()

    async def read(self, service: str, user_ids: Sequence[str]) -> list[FeatureRow]:
        """Return one row a user, in order; an unknown user gets defaults and ``cold_start``.

        Raises NotReadyError (503) when the store is away or keeps a read waiting longer than the timeout.
        """
        if self._store is None:
            raise NotReadyError("features-unavailable", f"Not ready: {self.problem}.")
        features = self._services[service]
        entities = {"user_id": list(user_ids)}
        try:
            if len(user_ids) <= _FEW_USERS:
                # One limit for connecting and reading together.
                async with asyncio.timeout(self._timeout):
                    answer = await self._store.get_online_features_async(features, entities)
            else:
                # To decode many rows takes time too; only the client's waits are limited here.
                return await asyncio.to_thread(self._read_many, features, entities)
        except (TimeoutError, RedisTimeoutError) as error:
            reason = f"no answer within {self._timeout * 1000:.0f} ms"
            raise self._away(reason) from error
        except (RedisError, OSError) as error:
            raise self._away("it does not accept connections") from error
        return _rows(user_ids, answer)

    def _read_many(self, features: Any, entities: Mapping[str, Sequence[str]]) -> list[FeatureRow]:
        assert self._store  # noqa: S101 (checked by read)
        return _rows(entities["user_id"], self._store.get_online_features(features, entities))

    def _away(self, reason: str) -> NotReadyError:
        detail = f"The online feature store at {self._address} is away: {reason}."
        return NotReadyError("features-unavailable", detail)

    async def probe(self) -> str | None:
        """Read as a call would; return None, or why it cannot."""
        if self._store is None:
            return self.problem
        try:
            await self.read(next(iter(self._services)), [_PROBE_USER])
        except NotReadyError as error:
            return error.detail
        return None


def _rows(user_ids: Sequence[str], answer: OnlineAnswer) -> list[FeatureRow]:
    found = zip(user_ids, answer.values(), answer.times(), strict=True)
    return [FeatureRow(user, {**DEFAULTS, **values}, times) for user, values, times in found]
