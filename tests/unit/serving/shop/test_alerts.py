"""Alerts from Redis and from their topic, as one list."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from flink_jobs.anomalies.alert import Alert
from ingestion.errors import ShopstreamError
from serving.shop.alerts import COLUMNS, alerts, history_of
from serving.shop.live import LiveWindows
from serving.shop.period import Period
from tests.unit.serving.shop.conftest import Live

NOW = datetime.now(UTC).replace(microsecond=0)
OLD = NOW - timedelta(days=9)
LONG = Period(NOW - timedelta(days=30), NOW + timedelta(hours=1))
SHORT = Period(NOW - timedelta(hours=24), NOW + timedelta(hours=1))


def alert(name: str, at: datetime, status: str = "closed", value: float = 1.0) -> Alert:
    ended = None if status == "open" else at + timedelta(hours=2)
    return Alert(
        name, "purchase", "count", "high", status, at, ended, value, 9.0, at, 0.0, 5.0, 1.8, 9, 3, 3.0, "many", 0
    )


def live_row(name: str, status: str, value: float) -> dict[str, Any]:
    row = dict.fromkeys(COLUMNS[1:], None)
    return row | {"alert_id": name, "event_type": "purchase", "status": status, "value": value}


class History:
    """The topic; ``read`` counts."""

    def __init__(self, *found: Alert) -> None:
        self.found, self.read, self.away = found, 0, False

    def __call__(self) -> Iterator[Alert]:
        self.read += 1
        if self.away:
            raise ShopstreamError("Kafka is away.")
        return iter(self.found)


@pytest.fixture
def store() -> Live:
    return Live()


@pytest.fixture
def live(store: Live) -> LiveWindows:
    return LiveWindows(store, "127.0.0.1:1")  # type: ignore[arg-type]


def names(answer: Any) -> list[str]:
    return [row["alert_id"] for row in answer.rows]


def test_older_ones_come_from_the_topic_and_redis_knows_best(store: Live, live: LiveWindows) -> None:
    young = NOW - timedelta(hours=3)
    store.written["anomalies"] = {young: [live_row("young", "open", 7.0)]}
    history = History(
        alert("young", young, value=6.0),
        alert("old", OLD),
        alert("gone", OLD, "withdrawn"),
        alert("before", LONG.start - timedelta(seconds=1)),
        alert("going on", OLD + timedelta(hours=1), "open"),
    )
    answer = alerts(LONG, live, history, 10)
    assert names(answer) == ["young", "going on", "old"]
    assert answer.rows[0]["value"] == 7.0
    assert answer.rows[1]["ended_at"] is None
    assert answer.rows[2] == {
        "window_start": OLD,
        "ended_at": (OLD + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "peak_at": OLD.strftime("%Y-%m-%dT%H:%M:%SZ"),
        **{"alert_id": "old", "event_type": "purchase", "kind": "count", "direction": "high", "status": "closed"},
        **{"value": 1.0, "peak": 9.0, "expected_low": 0.0, "expected_high": 5.0, "score": 1.8, "event_count": 9},
        **{"unique_users": 3, "events_per_user": 3.0, "reason": "many"},
    }
    assert list(answer.rows[2]) != [] and answer.problems == []
    assert (names(alerts(LONG, live, history, 2)), alerts(LONG, live, history, 2).truncated) == (
        ["young", "going on"],
        True,
    )


def test_what_redis_has_needs_no_topic(store: Live, live: LiveWindows) -> None:
    store.written["anomalies"] = {NOW: [live_row("new", "open", 1.0)]}
    history = History()
    assert names(alerts(SHORT, live, history, 10)) == ["new"]
    assert history.read == 0


def test_where_one_is_away_the_other_answers(store: Live, live: LiveWindows) -> None:
    store.written["anomalies"] = {NOW: [live_row("new", "open", 1.0)]}
    history = History(alert("old", OLD), alert("new", NOW))
    history.away = True
    answer = alerts(LONG, live, history, 10)
    assert names(answer) == ["new"]
    assert answer.problems == ["Alerts of more than 48 hours ago are missing: Kafka is away."]
    store.away, history.away = True, False
    answer = alerts(SHORT, live, history, 10)
    assert names(answer) == ["new"]
    assert "Redis at 127.0.0.1:1 are away" in answer.problems[0]


def test_kafka_away_is_said_in_time() -> None:
    with pytest.raises(ShopstreamError, match="127.0.0.1:1"):
        history_of("127.0.0.1:1", 0.5)()
