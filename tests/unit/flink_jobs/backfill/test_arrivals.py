from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from flink_jobs.backfill import arrivals
from ingestion.errors import ShopstreamError
from tests.event_lake import write_lake

START = datetime(2026, 2, 28, 22, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def event(name: str, minutes: float, **more: Any) -> dict[str, Any]:
    return {"event_id": name, "timestamp": at(minutes), "event_type": "page_view", "user_id": name, **more}


def test_events_come_as_they_arrived_with_the_time_of_the_stream_before_the_next(tmp_path: Path) -> None:
    events = [
        event("first", 0, total=1.5, properties="{}"),
        event("second", 30, stream_time=at(3), in_backlog=False),
        # Of the time before midnight, but it arrived after an event of the next day.
        event("next day", 121, stream_time=at(29), event_type="purchase", properties='{"items": []}'),
        event("too late", 1, stream_time=at(50), is_late=True),
        event("again", 30, stream_time=at(60), is_duplicate=True),
        event("late", 119, stream_time=at(115)),
        event("last", 130, stream_time=at(118)),
    ]
    write_lake(tmp_path / "events", events)
    assert arrivals.span(str(tmp_path / "events")) == arrivals.Span(START, at(130))
    assert arrivals.write(str(tmp_path / "events"), at(120), tmp_path / "sorted") == 4
    (file,) = (tmp_path / "sorted").iterdir()
    with duckdb.connect() as db:
        db.execute("SET TimeZone = 'UTC'")
        found = db.execute(
            "SELECT user_id, event_time, next_stream_time, properties FROM read_parquet(?)", [str(file)]
        ).fetchall()
    assert found == [
        ("first", at(0), at(3), None),
        ("second", at(30), at(29), None),
        ("next day", at(121), at(115), '{"items": []}'),
        ("late", at(119), at(115), None),
    ]


def test_a_lake_without_events_or_arrivals_is_named(tmp_path: Path) -> None:
    with pytest.raises(ShopstreamError, match="has no files yet"):
        arrivals.span(str(tmp_path / "events"))
    old = tmp_path / "events" / "event_type=click" / "year=2026" / "month=02" / "day=28"
    old.mkdir(parents=True)
    with duckdb.connect() as db:
        db.execute(f"COPY (SELECT now() AS timestamp) TO '{old}/part-0' (FORMAT parquet)")
    with pytest.raises(ShopstreamError, match="earlier version"):
        arrivals.span(str(tmp_path / "events"))
