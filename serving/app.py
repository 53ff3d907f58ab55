"""Puts the scorer together."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from fastapi import FastAPI

from flink_jobs.funnels.funnel import load_funnel
from flink_jobs.live.live_store import LiveStore
from ingestion.settings import KafkaSettings, read_settings
from serving import openapi, outbox, parcel, problems
from serving.client_address import ClientAddress
from serving.collector import Collector
from serving.cors import Cors
from serving.fast_score import FastScore
from serving.features import FeatureReader, OnlineStore
from serving.limits import Limits
from serving.metrics import Metrics
from serving.middleware import RequestContext
from serving.model import load_model
from serving.model_cache import ModelCache
from serving.model_slot import Loader, ModelSlot
from serving.registry import MlflowRegistry, ModelRegistry
from serving.routes import collect, features, health, models, score, shop_metrics, tracker_js
from serving.score_log import Producer, ScoreLog, connect
from serving.scorer import Scorer
from serving.security import ApiKeys
from serving.settings import ScorerSettings
from serving.shadow import ALIAS, Challenger, Shadow
from serving.shop.alerts import history_of
from serving.shop.lake import ShopLake
from serving.shop.live import LiveWindows
from serving.shop.shop_metrics import ShopMetrics
from serving.token_bucket import TokenBucket

_HISTORY_SECONDS = 2.0
"""Longest wait for Kafka when old alerts are asked for."""

_DESCRIPTION = """
Scores shoppers while they are on the page: features from the online store, the champion from the registry.

Collects events from pages and devices, in the shape of Segment's HTTP tracking API.

Every call but the health checks and metrics needs an API key, in `X-API-Key` or as a bearer token; the
collector's calls need a write key instead, as the user name of HTTP Basic auth or as `writeKey` in the body.
Errors are problem details (RFC 9457). Times are UTC.
"""


def create_app(
    settings: ScorerSettings,
    *,
    open_store: Callable[[], OnlineStore] | None = None,
    registry: ModelRegistry | None = None,
    load: Loader = load_model,
    connect_kafka: Callable[[], Producer] | None = None,
    connect_collector: Callable[[], parcel.Producer] | None = None,
) -> FastAPI:
    """Return the application; nothing connects or loads before it starts.

    The parts at its boundaries can be given: the feature store, the model registry and loader, and Kafka (for
    scores and for events). Raises ShopstreamError for a malformed API or write key.
    """

    def open_feast() -> OnlineStore:
        # Feast takes seconds to import; health checks are answered meanwhile.
        from feature_repo.store import open_store as open_configured

        store: OnlineStore = open_configured(settings)
        return store

    found_metrics = Metrics()
    found_registry = registry or MlflowRegistry(settings.mlflow, settings.mlflow_timeout_seconds)
    slots = {
        name: ModelSlot(
            name,
            settings.model_alias,
            found_registry,
            ModelCache(settings.models_folder, name),
            load,
            found_metrics,
        )
        for name in settings.models
    }
    timeout = settings.redis_timeout_ms / 1000
    reader = FeatureReader(open_store or open_feast, timeout, settings.redis)
    challengers = {
        name: Challenger(name, found_registry, ModelCache(settings.models_folder / ALIAS, name), load)
        for name in settings.models
    }
    shadow = Shadow(challengers, found_metrics)
    log = ScoreLog(
        connect_kafka or (lambda: connect(settings.kafka_bootstrap)), found_metrics, settings.score_log_queue, shadow
    )
    collector = _collector(settings, found_metrics, connect_collector)
    scorer = Scorer(
        reader, slots, log, found_metrics, settings.model_poll_seconds, shadow, settings.feature_age_limit_seconds
    )

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        scorer.start()
        collector.outbox.start()
        yield
        await asyncio.gather(
            collector.outbox.stop(settings.collector_acknowledge_seconds),
            scorer.stop(settings.score_log_shutdown_seconds),
        )

    app = FastAPI(title="shopstream scorer", version="1", description=_DESCRIPTION, lifespan=lifespan, redoc_url=None)
    app.state.scorer = scorer
    app.state.metrics = found_metrics
    app.state.api_keys = ApiKeys(settings.accepted_keys)
    app.state.api_buckets = [TokenBucket(settings.api_rate, settings.api_burst) for _ in settings.accepted_keys]
    app.state.collector = collector
    app.state.shop = _shop(settings)
    app.state.client_address = ClientAddress(settings.trusted_proxies)
    app.state.cors = Cors(settings.origins)
    problems.install(app)
    openapi.install(app)
    for resource in (score, features, shop_metrics, models, collect, tracker_js, health):
        app.include_router(resource.router)
    app.add_middleware(FastScore, scorer=scorer, keys=app.state.api_keys, buckets=app.state.api_buckets)
    app.add_middleware(Limits, at_once=settings.calls_at_once, body_bytes=settings.body_bytes)
    app.add_middleware(RequestContext, metrics=found_metrics)
    return app


def _shop(settings: ScorerSettings) -> ShopMetrics:
    store = LiveStore(settings.redis, settings.redis_timeout_ms / 1000)
    lake = ShopLake(settings.events_path, settings.query_memory, settings.query_threads)
    history = history_of(settings.kafka_bootstrap, _HISTORY_SECONDS)
    return ShopMetrics(lake, LiveWindows(store, settings.redis), load_funnel(settings.funnel), history)


def _collector(settings: ScorerSettings, metrics: Metrics, connect: Callable[[], parcel.Producer] | None) -> Collector:
    kafka = read_settings(KafkaSettings).model_copy(update={"kafka_bootstrap": settings.kafka_bootstrap})
    return Collector(
        ApiKeys(settings.accepted_write_keys, "SHOPSTREAM_WRITE_KEYS"),
        settings.collector_rate,
        settings.collector_burst,
        outbox.Outbox(
            connect or (lambda: outbox.connect(kafka)),
            metrics,
            settings.collector_in_flight,
            kafka.producer_buffer_bytes,
            settings.collector_acknowledge_seconds,
        ),
        metrics,
    )
