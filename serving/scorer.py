"""Scores users: features, model, log."""

import asyncio
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from serving.features import FeatureReader, FeatureRow
from serving.logs import LOGGER
from serving.metrics import Metrics
from serving.model import ServedModel
from serving.model_slot import ModelSlot
from serving.problems import NotReadyError, ProblemError
from serving.score_log import ScoreLog
from serving.shadow import Shadow

# Above this a prediction takes long enough to be felt by the calls beside it.
_INLINE_ROWS = 32


@dataclass(frozen=True, slots=True)
class Scores:
    """Users' rows and probabilities, in order; ``scored_at`` in UTC, times in milliseconds."""

    rows: list[FeatureRow]
    probabilities: list[float]
    model: ServedModel
    scored_at: datetime
    features_ms: float
    predict_ms: float


class Scorer:
    """Everything that serves, and the thread that keeps it fresh.

    ``slots`` by model name; the first is the default. Feature services bear the names of the models.
    """

    def __init__(
        self,
        features: FeatureReader,
        slots: Mapping[str, ModelSlot],
        log: ScoreLog,
        metrics: Metrics,
        poll_seconds: float,
        shadow: Shadow | None = None,
        age_limit_seconds: float | None = None,
    ) -> None:
        self.features = features
        self.slots = slots
        self.log = log
        self._metrics = metrics
        self._poll_seconds = poll_seconds
        self._shadow = shadow
        self._age_limit_seconds = age_limit_seconds
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._keep_fresh, name="models", daemon=True)

    @property
    def default_model(self) -> str:
        """Name of the model that answers when a call names none."""
        return next(iter(self.slots))

    def start(self) -> None:
        """Load in the background: health checks are answered meanwhile, scores with 503."""
        self.log.start()
        self._thread.start()

    async def stop(self, log_timeout_seconds: float) -> None:
        """End the threads and let go of the connections; queued scores are sent first."""
        self._stopping.set()
        await asyncio.to_thread(self.log.stop, log_timeout_seconds)
        await self.features.close()

    def slot(self, name: str | None) -> ModelSlot:
        """Return a model's slot. Raises ProblemError (404) for a model that is not served."""
        slot = self.slots.get(name or self.default_model)
        if slot is None:
            served = ", ".join(self.slots)
            raise ProblemError(404, "unknown-model", f"This scorer serves {served}; the call asks for another.")
        return slot

    async def score(self, user_ids: Sequence[str], model_name: str | None, request_id: str) -> Scores:
        """Score users with one feature read and one prediction; each score is logged.

        Raises NotReadyError (503) without features or a model and for features older than the limit, ProblemError
        (404) for an unknown model.
        """
        model = self.slot(model_name).serving()
        start = time.perf_counter()
        rows = await self.features.read(model.version.name, user_ids)
        read = time.perf_counter()
        scored_at = datetime.now(UTC)
        self._check_age(rows, scored_at)
        if model.is_quick and len(rows) <= _INLINE_ROWS:
            probabilities = model.probabilities(rows, scored_at)
        else:
            probabilities = await asyncio.to_thread(model.probabilities, rows, scored_at)
        predicted = time.perf_counter()
        scores = Scores(rows, probabilities, model, scored_at, (read - start) * 1000, (predicted - read) * 1000)
        self._account(scores, request_id)
        return scores

    def _check_age(self, rows: Sequence[FeatureRow], now: datetime) -> None:
        limit = self._age_limit_seconds
        if limit is None:
            return
        oldest = max((age for row in rows if (age := row.age_seconds(now)) is not None), default=0.0)
        if oldest > limit:
            detail = f"Features are {oldest:.0f} s old, more than the {limit:.0f} s that this scorer answers from."
            raise NotReadyError("features-stale", detail)

    def _account(self, scores: Scores, request_id: str) -> None:
        metrics, version = self._metrics, scores.model.version
        metrics.features_seconds.observe(scores.features_ms / 1000)
        metrics.predict_seconds.observe(scores.predict_ms / 1000)
        metrics.probability.observe(scores.probabilities, version.name)
        ages = [age for row in scores.rows if (age := row.age_seconds(scores.scored_at)) is not None]
        metrics.feature_age_seconds.observe(ages)
        if unknown := len(scores.rows) - len(ages):
            metrics.cold_starts.inc(unknown)
        for row, probability in zip(scores.rows, scores.probabilities, strict=True):
            self.log.put(
                row,
                probability=probability,
                model=version.name,
                model_version=version.version,
                scored_at=scores.scored_at,
                request_id=request_id,
            )

    def _keep_fresh(self) -> None:
        while not self._stopping.is_set():
            try:
                self.features.open(tuple(self.slots))
            except Exception:  # said in /readyz by the reader; the models load meanwhile, the next round retries
                LOGGER.warning("the feature store does not open", exc_info=True)
            for slot in self.slots.values():
                try:
                    slot.refresh()
                except Exception:  # the thread must outlive any fault, or no model would ever be swapped again
                    LOGGER.exception("a look at the registry failed", extra={"model": slot.name})
            try:
                if self._shadow is not None:
                    self._shadow.refresh()
            except Exception:  # as above
                LOGGER.exception("a look at the challengers failed")
            self._stopping.wait(self._poll_seconds)
