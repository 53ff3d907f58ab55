"""Puts the scorer together."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from fastapi import FastAPI

from serving import openapi, problems
from serving.features import FeatureReader, OnlineStore
from serving.metrics import Metrics
from serving.middleware import RequestContext
from serving.model import load_model
from serving.model_cache import ModelCache
from serving.model_slot import Loader, ModelSlot
from serving.registry import MlflowRegistry, ModelRegistry
from serving.routes import features, health, models, score
from serving.score_log import Producer, ScoreLog, connect
from serving.scorer import Scorer
from serving.security import ApiKeys
from serving.settings import ScorerSettings

_DESCRIPTION = """
Scores shoppers while they are on the page: features from the online store, the champion from the registry.

Every call but the health checks and metrics needs an API key, in `X-API-Key` or as a bearer token.
Errors are problem details (RFC 9457). Times are UTC.
"""


def create_app(
    settings: ScorerSettings,
    *,
    open_store: Callable[[], OnlineStore] | None = None,
    registry: ModelRegistry | None = None,
    load: Loader = load_model,
    connect_kafka: Callable[[], Producer] | None = None,
) -> FastAPI:
    """Return the application; nothing connects or loads before it starts.

    The parts at its boundaries can be given: the feature store, the model registry and loader, and Kafka.
    Raises ShopstreamError for a malformed API key.
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
    reader = FeatureReader(open_store or open_feast, settings.redis_timeout_ms / 1000, settings.redis)
    log = ScoreLog(
        connect_kafka or (lambda: connect(settings.kafka_bootstrap)), found_metrics, settings.score_log_queue
    )
    scorer = Scorer(reader, slots, log, found_metrics, settings.model_poll_seconds)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        scorer.start()
        yield
        await scorer.stop(settings.score_log_shutdown_seconds)

    app = FastAPI(title="shopstream scorer", version="1", description=_DESCRIPTION, lifespan=lifespan, redoc_url=None)
    app.state.scorer = scorer
    app.state.metrics = found_metrics
    app.state.api_keys = ApiKeys(settings.accepted_keys)
    problems.install(app)
    openapi.install(app)
    for resource in (score, features, models, health):
        app.include_router(resource.router)
    app.add_middleware(RequestContext, metrics=found_metrics)
    return app
