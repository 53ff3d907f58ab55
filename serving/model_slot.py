"""The place of one model: which version serves, and how a new one takes over."""

import threading
from collections.abc import Callable
from pathlib import Path

from serving.logs import LOGGER
from serving.metrics import Metrics
from serving.model import ModelRefusedError, ServedModel
from serving.model_cache import ModelCache
from serving.problems import NotReadyError
from serving.registry import ModelRegistry, ModelVersion, RegistryAwayError

Loader = Callable[[Path, ModelVersion], ServedModel]


class ModelSlot:
    """Follows the alias of one registered model.

    A new version is loaded and checked aside, then takes over by one assignment: calls under way end with the
    model they began with, later ones get the new one, none fails. A version that is refused changes nothing.
    """

    def __init__(
        self,
        name: str,
        alias: str,
        registry: ModelRegistry,
        cache: ModelCache,
        load: Loader,
        metrics: Metrics,
    ) -> None:
        """Hold nothing yet; ``refresh`` loads."""
        self.name = name
        self._alias = alias
        self._registry = registry
        self._cache = cache
        self._load = load
        self._metrics = metrics
        self._current: ServedModel | None = None
        self._refusal: tuple[ModelVersion, str] | None = None
        self._lock = threading.Lock()
        self.problem: str | None = "the model is still loading"

    @property
    def current(self) -> ServedModel | None:
        """The model that serves; None before the first."""
        return self._current

    def serving(self) -> ServedModel:
        """Return the model that serves. Raises NotReadyError (503) when there is none."""
        model = self._current
        if model is None:
            raise NotReadyError("model-unavailable", f"Not ready: {self.problem}.")
        return model

    def refresh(self, *, retry_refused: bool = False) -> None:
        """Look at the registry and take over a new version; blocks, and raises nothing but faults of ours.

        ``problem`` then says what is wrong, if anything. A refused version is not tried again by itself.
        """
        with self._lock:
            try:
                version = self._registry.champion(self.name, self._alias)
            except RegistryAwayError as error:
                self._serve_last_good(str(error))
                return
            if version is None:
                self._say(f"no {self._alias} for {self.name}: run shopstream train {self.name}")
            elif self._current is not None and self._current.version == version:
                self._say(None)
            elif self._refusal is None or version != self._refusal[0] or retry_refused:
                self._take_over(version)
            else:
                self._say(self._refusal[1])

    def _take_over(self, version: ModelVersion) -> None:
        try:
            model = self._load(self._cache.fetch(version, self._registry), version)
        except RegistryAwayError as error:
            self._say(f"version {version.version} is not there: {error}")
            return
        except ModelRefusedError as error:
            self._refusal = (version, f"version {version.version} is refused: {error}")
            self._metrics.model_refused.labels(self.name).inc()
            self._say(self._refusal[1])
            return
        self._cache.mark_good(version)
        self._swap(model)
        self._refusal = None
        self._say(None)

    def _serve_last_good(self, reason: str) -> None:
        if self._current is None and (found := self._cache.last_good()) is not None:
            version, folder = found
            try:
                self._swap(self._load(folder, version))
            except ModelRefusedError as error:
                reason = f"{reason}; version {version.version} on disk is refused: {error}"
        self._say(reason)

    def _swap(self, model: ServedModel) -> None:
        before, self._current = self._current, model
        if before is not None:
            self._metrics.model_version.remove(self.name, before.version.version)
        self._metrics.model_version.labels(self.name, model.version.version).set(1)
        LOGGER.info("model serves", extra={"model": self.name, "version": model.version.version})

    def _say(self, problem: str | None) -> None:
        if problem is not None and problem != self.problem:
            LOGGER.warning("model", extra={"model": self.name, "problem": problem})
        self.problem = problem
