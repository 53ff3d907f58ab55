"""What the pages are made from."""

from dataclasses import dataclass
from typing import Self

from fastapi import FastAPI

from flink_jobs.live.live_store import LiveStore
from serving.dashboard.health import HealthWatch
from serving.dashboard.live_tiles import LiveTiles
from serving.scorer import Scorer
from serving.settings import ScorerSettings
from serving.shop.shop_metrics import ShopMetrics


@dataclass(frozen=True, slots=True)
class Board:
    """One for all viewers."""

    shop: ShopMetrics
    scorer: Scorer
    tiles: LiveTiles
    watch: HealthWatch

    @classmethod
    def of(cls, app: FastAPI, settings: ScorerSettings) -> Self:
        """Take the parts of an application of ``create_app``."""
        scorer: Scorer = app.state.scorer
        live = LiveStore(settings.redis, settings.redis_timeout_ms / 1000)
        watch = HealthWatch(settings.flink_rest, settings.kafka_bootstrap, live, scorer.features, scorer.default_model)
        return cls(app.state.shop, scorer, LiveTiles(live, settings.redis), watch)
