"""The challenger in the shadow: it scores what the champion scored, later and beside, and nobody is answered by it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from serving.features import FeatureRow
from serving.logs import LOGGER
from serving.metrics import Metrics
from serving.model import ModelRefusedError, ServedModel
from serving.model_cache import ModelCache
from serving.model_slot import Loader
from serving.registry import ModelRegistry, ModelVersion, RegistryAwayError

ALIAS = "challenger"


class Challenger:
    """Follows the alias ``challenger`` of one registered model; having none is as good as having one."""

    def __init__(self, name: str, registry: ModelRegistry, cache: ModelCache, load: Loader) -> None:
        self._name = name
        self._registry = registry
        self._cache = cache
        self._load = load
        self._refused: ModelVersion | None = None
        self.current: ServedModel | None = None

    def refresh(self) -> None:
        """Take over the challenger there is, or none; blocks, and raises nothing but faults of ours.

        While the registry is away the one that was there goes on; a refused version is not tried again.
        """
        try:
            version = self._registry.champion(self._name, ALIAS)
            if version is None:
                self.current = None
            elif version != self._refused and (self.current is None or self.current.version != version):
                self.current = self._load(self._cache.fetch(version, self._registry), version)
                LOGGER.info("challenger scores in the shadow", extra={"model": self._name, "version": version.version})
        except RegistryAwayError:
            return
        except ModelRefusedError as error:
            self._refused, self.current = version, None
            about = {"model": self._name, "version": version.version if version else None, "reason": str(error)}
            LOGGER.warning("the challenger is refused", extra=about)


class Shadow:
    """All challengers, by the name of their model."""

    def __init__(self, challengers: Mapping[str, Challenger], metrics: Metrics) -> None:
        self._challengers = challengers
        self._metrics = metrics

    def refresh(self) -> None:
        """Look at the registry."""
        for challenger in self._challengers.values():
            challenger.refresh()

    def score(self, model: str, row: FeatureRow, scored_at: datetime, probability: float) -> dict[str, Any]:
        """Return what the challenger says of a row that the champion gave this probability; nothing without one.

        A challenger that fails costs its own score only, and is counted.
        """
        challenger = self._challengers.get(model)
        served = challenger.current if challenger else None
        if served is None:
            return {}
        version = served.version.version
        try:
            (found,) = served.probabilities([row], scored_at)
        except Exception as error:  # a model may raise anything, and this one serves nobody
            self._metrics.shadow_failures.labels(model, version).inc()
            LOGGER.warning("the challenger failed", extra={"model": model, "reason": type(error).__name__})
            return {}
        self._metrics.shadow_difference.labels(model, version).observe(abs(found - probability))
        return {"challenger_probability": found, "challenger_version": version}
