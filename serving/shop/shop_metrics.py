"""Everything that can be asked about the shop, answered beside the calls that must not wait for it."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

import duckdb

from flink_jobs.funnels.funnel import Funnel
from ingestion.errors import ShopstreamError
from serving.problems import NotReadyError, ProblemError
from serving.shop import alerts
from serving.shop import funnel as funnels
from serving.shop.answer import ShopAnswer
from serving.shop.lake import ShopLake
from serving.shop.live import LiveWindows
from serving.shop.period import Granularity, Period
from serving.shop.reports import REPORTS, report
from serving.shop.window_result import WINDOW_RESULTS
from serving.shop.windows import ROWS, windows

RESULTS = (*WINDOW_RESULTS, funnels.NAME, alerts.NAME, *REPORTS)
_KEPT_TIMES = 10


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked; equal questions within a second or two have one answer."""

    result: str
    period: Period
    granularity: Granularity = "window"
    dimension: str | None = None
    """Keep one value of the result's dimension; of the funnel, the breakdown."""
    by_dimension: bool = True
    limit: int = ROWS


@dataclass(slots=True)
class _Kept:
    """An answer under way or given, and until when it holds (monotonic seconds)."""

    task: "asyncio.Task[ShopAnswer]"
    until: float = 0.0


class ShopMetrics:
    """Answers questions in threads, few at a time."""

    def __init__(
        self,
        lake: ShopLake,
        live: LiveWindows,
        funnel: Funnel,
        history: alerts.History,
        *,
        fresh_seconds: float = 1.5,
        at_once: int = 2,
    ) -> None:
        """``history``: all alerts there were.

        ``fresh_seconds``: how long an answer is given again; one that took long, ten times as long as it took.
        ``at_once``: questions that are answered at a time.
        """
        self.lake = lake
        self.live = live
        self.funnel = funnel
        self.history = history
        self._fresh_seconds = fresh_seconds
        self._answering = asyncio.Semaphore(at_once)
        self._kept: dict[Question, _Kept] = {}

    async def ask(self, question: Question, wait_seconds: float = 10) -> ShopAnswer:
        """Answer; ProblemError 404 for an unknown result, 422 for what it cannot be asked, else 503."""
        if question.result not in RESULTS:
            raise ProblemError(404, "unknown-result", f"There is no such result; there are {', '.join(RESULTS)}.")
        now = time.monotonic()
        kept = self._kept.get(question)
        if kept is None or (kept.task.done() and kept.until < now):
            self._forget(now)
            kept = self._kept[question] = _Kept(asyncio.create_task(self._answer(question, wait_seconds)))
            kept.task.add_done_callback(lambda task: self._keep(task, kept, now))
        # One who goes away takes the answer from nobody else.
        return await asyncio.shield(kept.task)

    def _keep(self, task: "asyncio.Task[ShopAnswer]", kept: "_Kept", asked: float) -> None:
        """Say until when an answer holds; what went wrong is tried again at once."""
        now = time.monotonic()
        well = not task.cancelled() and task.exception() is None
        kept.until = now + max(self._fresh_seconds, _KEPT_TIMES * (now - asked)) if well else now

    async def _answer(self, question: Question, wait_seconds: float) -> ShopAnswer:
        try:
            await asyncio.wait_for(self._answering.acquire(), wait_seconds)
        except TimeoutError:
            raise NotReadyError("busy", "Too many questions about the shop are being answered; ask again.") from None
        try:
            return await asyncio.to_thread(_twice, self._call(question))
        except ShopstreamError as error:
            raise NotReadyError("lake-unreadable", str(error)) from error
        except duckdb.OutOfMemoryException as error:
            detail = f"{question.result} of so long a period needs more memory than SHOPSTREAM_QUERY_MEMORY allows."
            raise NotReadyError("lake-unreadable", detail) from error
        except duckdb.IOException as error:
            detail = "Files of the event lake cannot be read, or changed meanwhile; ask again."
            raise NotReadyError("lake-unreadable", detail) from error
        except ValueError as error:
            raise ProblemError(422, "invalid-request", f"{question.result} cannot be asked so: {error}.") from error
        finally:
            self._answering.release()

    def _call(self, asked: Question) -> Callable[[], ShopAnswer]:
        if result := WINDOW_RESULTS.get(asked.result):
            return lambda: windows(
                result,
                asked.period,
                self.lake,
                self.live,
                asked.granularity,
                asked.dimension,
                asked.by_dimension,
                asked.limit,
            )
        if asked.result == funnels.NAME:
            return lambda: funnels.conversions(
                self.funnel,
                asked.period,
                self.lake,
                self.live,
                asked.granularity,
                asked.dimension or "none",
                asked.limit,
            )
        if asked.result == alerts.NAME:
            return lambda: alerts.alerts(asked.period, self.live, self.history, asked.limit)
        return lambda: report(asked.result, asked.period, self.lake, asked.limit)

    def _forget(self, now: float) -> None:
        for question in [question for question, kept in self._kept.items() if kept.task.done() and kept.until < now]:
            del self._kept[question]


def _twice(call: Callable[[], ShopAnswer]) -> ShopAnswer:
    """Call, and once more when a file was gone: `shopstream lake compact` merges files while others are read."""
    try:
        return call()
    except duckdb.IOException:
        return call()
