"""One answer over the seam, against a count in plain Python."""

import random
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from flink_jobs.live.live_store import LiveStore
from serving.shop.lake import ShopLake
from serving.shop.live import LiveWindows
from serving.shop.period import Granularity, Period
from serving.shop.window_result import WINDOW_RESULTS
from serving.shop.windows import windows
from tests.unit.serving.shop.conftest import HOURS, START, Event, Live, counted

WHOLE = Period(START, START + timedelta(hours=HOURS))
STEPS: dict[str, timedelta] = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7)}
MONDAY = datetime(1970, 1, 5, tzinfo=UTC)
STAGES = ("product_view", "add_to_cart", "checkout", "purchase")


def key_of(result: str, event: Event) -> str | None:
    if result == "revenue":
        return event["currency"] or "USD" if event["event_type"] == "purchase" else None
    if result == "funnel_stages":
        return event["event_type"] if event["event_type"] in STAGES else None
    return cast("str | None", event["user_id"])


def figures(result: str, events: list[Event]) -> dict[str, Any]:
    """What a row says of these events."""
    if result == "revenue":
        total = sum(event["total"] for event in events)
        return {
            "total_revenue": pytest.approx(total),
            "transaction_count": len(events),
            "avg_order_value": pytest.approx(total / len(events)),
        }
    if result == "funnel_stages":
        users = {event["user_id"] for event in events} - {None}
        return {"count": len(events), "unique_users": len(users)}
    return {
        "event_count": len(events),
        "session_count": len({event["session_id"] for event in events}),
        "event_types": sorted({event["event_type"] for event in events}),
    }


def expected(
    result: str, events: list[Event], step: timedelta | None, by_key: bool, period: Period
) -> dict[tuple[datetime, str | None], dict[str, Any]]:
    groups: dict[tuple[datetime, str | None], list[Event]] = defaultdict(list)
    for event in counted(events):
        key, at = key_of(result, event), event["timestamp"]
        if key is not None and period.start <= at < period.until:
            start = at - (at - MONDAY) % step if step else period.start
            groups[start, key if by_key else None].append(event)
    return {group: figures(result, found) for group, found in groups.items()}


def fill(live: Live, result: str, events: list[Event], share: float) -> None:
    """Let Redis have some windows; what it says is told apart from the lake by one more event in each."""
    size = WINDOW_RESULTS[result].window
    rng = random.Random(7)
    rows = expected(result, events, size, True, WHOLE)
    starts = sorted({start for start, _ in rows})
    chosen = {start for start in starts if rng.random() < share}
    live.written[result] = {start: [] for start in chosen}
    for (start, key), row in rows.items():
        if start in chosen:
            plain = {name: getattr(value, "expected", value) for name, value in row.items()}
            live.written[result][start].append(
                {WINDOW_RESULTS[result].dimension: key, **plain, "is_final": rng.random() < 0.5}
            )


def ask(lake: ShopLake, live: Live, result: str, period: Period = WHOLE, **options: Any) -> Any:
    windows_of = LiveWindows(cast("LiveStore", live), "127.0.0.1:1")
    return windows(WINDOW_RESULTS[result], period, lake, windows_of, **options)


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("by_dimension", [True, False])
@pytest.mark.parametrize("granularity", ["window", "hour", "day", "week", "total"])
@pytest.mark.parametrize("result", ["revenue", "user_activity", "funnel_stages"])
def test_rows_equal_a_count_whatever_redis_has(
    lake: ShopLake, live: Live, events: list[Event], result: str,
    granularity: Granularity, by_dimension: bool, share: float,
) -> None:  # fmt: skip
    fill(live, result, events, share)
    answer = ask(lake, live, result, granularity=granularity, by_dimension=by_dimension)
    step = WINDOW_RESULTS[result].window if granularity == "window" else STEPS.get(granularity)
    wanted = expected(result, events, step, by_dimension, answer.period)
    dimension = WINDOW_RESULTS[result].dimension
    found = {(row["window_start"], row.get(dimension)): row for row in answer.rows}
    assert len(found) == len(answer.rows) == len(wanted)
    for group, figures in wanted.items():
        assert {name: found[group][name] for name in figures} == figures
        assert found[group]["window_end"] == (group[0] + step if step else answer.period.until)
    assert (answer.problems, answer.truncated) == ([], False)
    assert set(answer.columns) == set(answer.rows[0])
    assert [row["window_start"] for row in answer.rows] == sorted(row["window_start"] for row in answer.rows)


def test_redis_is_ahead_of_the_lake(lake: ShopLake, live: Live) -> None:
    """A window that the lake does not have yet counts, alone and in its hour and day."""
    at = START + timedelta(hours=HOURS, minutes=5)
    row = {"stage": "purchase", "count": 7, "unique_users": 300, "is_final": False}
    live.written["funnel_stages"] = {at - (at - MONDAY) % timedelta(minutes=15): [row]}
    for granularity in ("window", "hour", "day"):
        answer = ask(
            lake, live, "funnel_stages", Period(at, at + timedelta(minutes=1)),
            granularity=granularity, dimension="purchase",
        )  # fmt: skip
        assert answer.rows[-1]["unique_users"] == 300
        assert answer.rows[-1]["count"] >= 7
    assert ask(lake, live, "funnel_stages", Period(at, at + timedelta(minutes=1)), dimension="checkout").rows == []


def test_a_long_page_counts_under_the_name_that_the_stream_gives_it(lake: ShopLake, live: Live) -> None:
    answer = ask(lake, live, "page_views", granularity="total")
    (long,) = [row["page"] for row in answer.rows if row["page"].startswith("xx")]
    assert len(long) == 960 + 1 + 32
    assert {row["page"] for row in answer.rows} == {"home", "catalog", long}


def test_a_store_that_is_away_is_told_and_the_lake_answers(lake: ShopLake, live: Live, events: list[Event]) -> None:
    live.away = True
    answer = ask(lake, live, "revenue", granularity="total")
    assert len(answer.rows) == len(expected("revenue", events, None, True, WHOLE))
    assert "Redis at 127.0.0.1:1 are away" in answer.problems[0]


def test_without_a_lake_redis_answers(live: Live, events: list[Event], tmp_path: Path) -> None:
    fill(live, "revenue", events, 1.0)
    answer = ask(ShopLake(str(tmp_path / "nothing")), live, "revenue")
    assert len(answer.rows) == len(expected("revenue", events, timedelta(minutes=5), True, WHOLE))
    assert "has no files yet" in answer.problems[0]


def test_more_rows_than_asked_for_are_cut_and_that_is_said(lake: ShopLake, live: Live) -> None:
    answer = ask(lake, live, "user_activity", limit=10)
    assert (len(answer.rows), answer.truncated) == (10, True)


def test_a_period_has_a_length_and_a_zone() -> None:
    with pytest.raises(ValueError, match="must begin before"):
        Period(START, START)
    with pytest.raises(ValueError, match="zone"):
        Period(START.replace(tzinfo=None), START)
