"""Metrics of a running job, over Flink's REST interface."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import httpx

from ingestion.errors import ShopstreamError

# A metric's name has up to 150 characters, and Flink refuses an address of more than 4,096.
_NAMES_A_CALL = 20


class JobMetrics:
    """What a job's tasks count; Flink gathers it every 10 s, so the values are up to that old.

    The counts start at zero with each attempt of a task: with the job, and again after a failure. Every call raises
    ShopstreamError when Flink is away or does not know the job.
    """

    def __init__(self, rest: str, job: str) -> None:
        self._http = httpx.Client(base_url=f"http://{rest}/jobs/{job}", timeout=5)
        self._rest = rest
        self._vertices = self._get("")["vertices"]

    def started_at(self) -> datetime:
        """Return when the youngest task of the job started, in UTC: since then all of them count."""
        return datetime.fromtimestamp(max(vertex["start-time"] for vertex in self._vertices) / 1000, UTC)

    def sums(self, endings: Iterable[str]) -> Iterator[tuple[str, float]]:
        """Yield each metric whose name has one of the endings, summed over the subtasks of its task."""
        wanted = tuple(endings)
        for vertex in self._vertices:
            path = f"/vertices/{vertex['id']}/subtasks/metrics"
            names = [metric["id"] for metric in self._get(path) if metric["id"].endswith(wanted)]
            for start in range(0, len(names), _NAMES_A_CALL):
                chosen = ",".join(names[start : start + _NAMES_A_CALL])
                for metric in self._get(path, get=chosen, agg="sum"):
                    yield metric["id"], metric["sum"]

    def checkpoints(self) -> tuple[datetime | None, int]:
        """Return when the last completed checkpoint was triggered, in UTC, and how many have failed."""
        found = self._get("/checkpoints")
        last = found["latest"]["completed"]
        triggered = None if last is None else datetime.fromtimestamp(last["trigger_timestamp"] / 1000, UTC)
        return triggered, int(found["counts"]["failed"])

    def _get(self, path: str, **query: str) -> Any:
        try:
            response = self._http.get(path, params=query)
        except httpx.TransportError as error:
            raise ShopstreamError(f"Flink at {self._rest} does not answer: look at its log.") from error
        if response.is_error:
            raise ShopstreamError(f"Flink at {self._rest} refuses {response.request.url.path}: {response.status_code}.")
        return response.json()
