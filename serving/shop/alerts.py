"""The alerts of the stream: as Redis has them, and older ones from the topic that keeps the last state of each."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from flink_jobs.anomalies.alert import Alert
from flink_jobs.live.live_store import KEPT
from ingestion.errors import ShopstreamError
from ingestion.topic_reader import TopicReader
from ingestion.topics import ANOMALIES
from serving.shop.answer import ShopAnswer
from serving.shop.live import LiveWindows
from serving.shop.period import Period

NAME = "anomalies"
COLUMNS = (
    *("window_start", "ended_at", "alert_id", "event_type", "kind", "direction", "status", "value", "peak", "peak_at"),
    *("expected_low", "expected_high", "score", "event_count", "unique_users", "events_per_user", "reason"),
)
_TIME = "%Y-%m-%dT%H:%M:%SZ"
History = Callable[[], Iterable[Alert]]
"""Gives the last state of every alert there was; ShopstreamError when it cannot."""


def history_of(bootstrap: str, seconds: float) -> History:
    """Return what reads the topic of alerts in Kafka, waiting no longer than ``seconds`` for it."""

    def read() -> list[Alert]:
        values = TopicReader(bootstrap, seconds).latest(ANOMALIES.name).values()
        return [Alert.from_bytes(value) for value in values if value]

    return read


def alerts(period: Period, live: LiveWindows, history: History, limit: int) -> ShopAnswer:
    """Return the alerts that began in the period, newest first, but not those withdrawn.

    The topic is read only for a period that begins before what Redis keeps. Where either is away, ``problems`` says
    so, and there is what the other has.
    """
    _, rows, problem = live.read(NAME, period)
    problems = [problem] if problem else []
    found = {row["alert_id"]: {name: row.get(name) for name in COLUMNS} for row in rows}
    if problem or period.start < datetime.now(UTC) - KEPT:
        try:
            older = [_row(alert) for alert in history() if period.start <= alert.started_at < period.until]
        except ShopstreamError as error:
            problems.append(f"Alerts of more than 48 hours ago are missing: {error}")
        else:
            found = {row["alert_id"]: row for row in older} | found
    shown = [row for row in found.values() if row["status"] != "withdrawn"]
    shown.sort(key=lambda row: (row["window_start"], row["alert_id"]), reverse=True)
    return ShopAnswer(NAME, period, "window", COLUMNS, shown[:limit], len(shown) > limit, problems)


def _row(alert: Alert) -> dict[str, Any]:
    """Return an alert as Redis has it."""
    row = {name: getattr(alert, name) for name in COLUMNS if name != "window_start"}
    times = {name: row[name] and row[name].astimezone(UTC).strftime(_TIME) for name in ("ended_at", "peak_at")}
    return {"window_start": alert.started_at, **row, **times}
