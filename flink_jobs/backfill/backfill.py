"""Rebuild results of some days from the event lake, with the streaming job's own code."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from pathlib import Path
from uuid import uuid4

from flink_jobs.backfill import arrivals, log_days
from flink_jobs.cluster import Cluster
from flink_jobs.features.schema import FEATURE_SETS
from flink_jobs.results import Selection
from flink_jobs.settings import JobSettings
from ingestion.errors import ShopstreamError

MAIN = Path(__file__).with_name("main.py")

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many events are done, and of how many."""


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a backfill did."""

    events: int
    start: datetime
    until: datetime
    into: str
    days_replaced: int


def backfill(
    settings: JobSettings,
    results: Sequence[str],
    start: datetime | None,
    until: datetime | None,
    into: Path | None,
    on_progress: Progress,
) -> Rebuilt:
    """Rebuild the rows of [start, until), by default of all whole days of the lake; UTC.

    ``into`` is an empty or new folder, in which each result gets one of its name. Without it the logs of features
    replace the days of the lake's own, where nothing changes before the rebuilt log is complete; other results need
    it. Raises ShopstreamError when a job that writes those logs runs, when ``until`` lies after the last event, and
    when the job fails.
    """
    if "://" in settings.lake_root:
        raise ShopstreamError("A backfill needs the lake in a folder that Flink and this command both see.")
    cluster = Cluster(settings.flink_rest)
    if into is None:
        _check_unwritten(cluster, settings, results)
    elif into.exists() and any(into.iterdir()):
        raise ShopstreamError(f"{into} is not empty: name a new folder.")
    found = arrivals.span(settings.events_path)
    start = start or _midnight(found.first)
    until = until or _midnight(found.last)
    _check_span(start, until, found, whole_days=into is None)
    stage = Path(settings.lake_root) / f".backfill-{uuid4().hex[:12]}"
    try:
        on_progress("sorting the events", 0, 0)
        events = arrivals.write(settings.events_path, until, stage / "arrivals")
        target = into.absolute() if into else stage / "rebuilt"
        moments = [start.isoformat(), until.isoformat()]
        job = cluster.run(MAIN, [str(stage / "arrivals"), str(target), *moments, *results], settings)
        cluster.wait_until_finished(job, lambda read: on_progress("rebuilding", read, events))
        changed = 0
        if into is None:
            for name in results:
                log, kept = Path(settings.features_path(name)), stage / "replaced" / name
                changed += log_days.replace(log, target / name, kept, start.date(), until.date())
    finally:
        shutil.rmtree(stage, ignore_errors=True)
    return Rebuilt(events, start, until, str(into or settings.lake_root), changed)


def _check_unwritten(cluster: Cluster, settings: JobSettings, results: Sequence[str]) -> None:
    if elsewhere := set(results) - {one.name for one in FEATURE_SETS}:
        raise ShopstreamError(
            f"{sorted(elsewhere)[0]} is a topic, which a backfill leaves alone: name a folder with --into."
        )
    if found := cluster.sharing(Selection.of(results), settings.consumer_group):
        job, _ = found
        raise ShopstreamError(
            f"The job {job.id} ({job.name}) is writing these logs: stop it first with `shopstream jobs stop"
            f" {job.id}`, or rebuild into another folder with --into."
        )


def _check_span(start: datetime, until: datetime, found: arrivals.Span, whole_days: bool) -> None:
    if whole_days and (start != _midnight(start) or until != _midnight(until)):
        raise ShopstreamError("The lake's own log is rebuilt by whole days (UTC): name dates, or a folder with --into.")
    if until > found.last:
        raise ShopstreamError(
            f"The lake's last event is of {found.last:%Y-%m-%d %H:%M:%S} UTC: name that or less with --to, for what"
            " comes later is not known yet."
        )
    if start >= until:
        raise ShopstreamError(
            f"There is no whole day to rebuild between {start:%Y-%m-%d %H:%M} and {until:%Y-%m-%d %H:%M} UTC: name"
            " an earlier --from, or a later --to together with --into."
        )


def _midnight(moment: datetime) -> datetime:
    return datetime.combine(moment.astimezone(UTC).date(), time(), UTC)
