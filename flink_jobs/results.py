"""The results a job can have, and what a job that has some of them is called."""

from collections.abc import Iterable, Set
from dataclasses import dataclass

from ingestion.errors import ShopstreamError

RESULTS = (
    "page_views",
    "revenue",
    "user_activity",
    "funnel_stages",
    "funnel_conversions",
    "anomalies",
    "user_features",
    "product_features",
    "lake",
)
"""Every result, each a job that can run alone. The dead letters come with the lake."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The results of one job, in the order of ``RESULTS``."""

    results: tuple[str, ...] = RESULTS

    @classmethod
    def of(cls, names: Iterable[str]) -> "Selection":
        """Return the selection of these results, of all when none is named; ShopstreamError for an unknown one."""
        chosen = set(names)
        if unknown := sorted(chosen.difference(RESULTS)):
            raise ShopstreamError(f"No result is called {unknown[0]}: choose from {', '.join(RESULTS)}.")
        return cls(tuple(result for result in RESULTS if result in chosen or not chosen))

    @classmethod
    def of_job(cls, name: str, group: str) -> "Selection | None":
        """Return the results of the job with this name, as ``job_name`` gives it; None for any other job."""
        if name == group:
            return cls()
        names = name.removeprefix(f"{group}-").split("-") if name.startswith(f"{group}-") else []
        return cls.of(names) if names and set(names) <= set(RESULTS) else None

    def job_name(self, group: str) -> str:
        """Return the job's name, which is its Kafka consumer group too: ``group``, and its results unless it has all.

        So jobs that run beside each other each read every event, and each go on where they stopped.
        """
        return group if self.results == RESULTS else "-".join((group, *self.results))

    def __and__(self, other: "Selection") -> Set[str]:
        """Return what both have."""
        return set(self.results) & set(other.results)

    def __contains__(self, result: str) -> bool:
        """Tell whether the job has this result."""
        return result in self.results
