import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from flink_jobs.anomalies.alert import Alert, select
from ingestion.errors import ShopstreamError

START = datetime(2026, 3, 5, 12, tzinfo=UTC)


def row(number: int, **changes: Any) -> dict[str, Any]:
    """An alert as the job writes it, an hour after the one before."""
    return {
        "alert_id": f"view:unusual:{number}",
        "event_type": "view",
        "kind": "unusual",
        "direction": "high",
        "status": "closed",
        "started_at": (START + timedelta(hours=number)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "ended_at": "2026-03-06T00:00:00Z",
        "value": 90.0,
        "peak": 1500.0,
        "peak_at": "2026-03-05T13:00:00Z",
        "expected_low": 20.5,
        "expected_high": 400.5,
        "score": 12.25,
        "event_count": 1500,
        "unique_users": 300,
        "events_per_user": 5.0,
        "reason": "1,500 view events.",
        "rule_version": 0,
    } | changes


def alert(number: int, **changes: Any) -> Alert:
    return Alert.from_bytes(json.dumps(row(number, **changes)).encode())


def test_an_alert_is_read_with_its_times() -> None:
    found = alert(1, ended_at=None)
    assert (found.started_at, found.ended_at, found.peak) == (START + timedelta(hours=1), None, 1500)
    assert found.as_json()["started_at"] == "2026-03-05T13:00:00+00:00"
    assert found.as_json().keys() == row(1).keys()


@pytest.mark.parametrize("value", [b"", b"7", b"{}", json.dumps(row(1, started_at="now")).encode()])
def test_what_is_no_alert_is_refused(value: bytes) -> None:
    with pytest.raises(ShopstreamError, match="is no alert"):
        Alert.from_bytes(value)


def test_alerts_are_selected() -> None:
    rows = [
        alert(1),
        alert(2, status="open"),
        alert(3, status="updated", event_type="click"),
        alert(4, status="withdrawn"),
        alert(5, status="open", kind="count_threshold"),
    ]

    def numbers(active: bool, event_type: str | None = None, kind: Any = None, limit: int = 9) -> list[str]:
        found = select(rows, active=active, event_type=event_type, kind=kind, limit=limit)
        return [each.alert_id.rpartition(":")[2] for each in found]

    assert numbers(True) == ["5", "3", "2"]
    assert numbers(False) == ["5", "3", "2", "1"]
    assert numbers(False, event_type="view", kind="unusual") == ["2", "1"]
    assert numbers(False, limit=2) == ["5", "3"]
