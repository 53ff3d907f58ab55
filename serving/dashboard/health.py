"""How the pipeline fares: jobs, lag, what was left out, how fresh the features are."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime

from redis.exceptions import RedisError

from flink_jobs.live.live_store import LiveStore
from flink_jobs.stream_counts import StreamCounts, stream_counts
from ingestion.errors import ShopstreamError
from serving.features import FeatureReader
from serving.problems import ProblemError

EVERY_SECONDS = 5
_SAMPLE = 20


@dataclass(slots=True)
class Health:
    """What was found; ``problems`` are sentences."""

    jobs: list[StreamCounts] = field(default_factory=list)
    feature_age_seconds: float | None = None
    """Age of the newest feature row among some users who were active last."""
    problems: list[str] = field(default_factory=list)


class HealthWatch:
    """Looks every few seconds while somebody looks; one look serves all viewers."""

    def __init__(self, flink_rest: str, kafka: str, live: LiveStore, features: FeatureReader, service: str) -> None:
        """``service`` is the feature service whose rows' age is told."""
        self._flink_rest = flink_rest
        self._kafka = kafka
        self._live = live
        self._features = features
        self._service = service
        self._looked_at = 0.0
        self._looking: asyncio.Task[None] | None = None
        self.health = Health()

    async def refresh(self) -> Health:
        """Look anew unless that was done a moment ago."""
        now = asyncio.get_running_loop().time()
        if self._looking is None or (self._looking.done() and now - self._looked_at >= EVERY_SECONDS * 0.8):
            self._looked_at = now
            self._looking = asyncio.create_task(self._look())
        await asyncio.shield(self._looking)
        return self.health

    async def _look(self) -> None:
        found = Health()
        try:
            found.jobs = await asyncio.to_thread(stream_counts, self._flink_rest, self._kafka)
            if not found.jobs:
                found.problems.append("No job that reads events is running: `shopstream jobs submit` starts it.")
        except ShopstreamError as error:
            found.problems.append(str(error))
        try:
            users = await asyncio.to_thread(self._active_users)
            rows = await self._features.read(self._service, users) if users else []
            stamps = [stamp for row in rows for stamp in row.timestamps.values()]
            if stamps:
                found.feature_age_seconds = (datetime.now(UTC) - max(stamps)).total_seconds()
        except (RedisError, OSError):
            found.problems.append("Redis is away: nothing is known of the features.")
        except ProblemError as error:
            found.problems.append(error.detail)
        self.health = found

    def _active_users(self) -> list[str]:
        newest = self._live.windows("user_activity", 1)
        return self._live.some_keys("user_activity", newest[0], _SAMPLE) if newest else []
