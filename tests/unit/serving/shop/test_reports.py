"""The reports over the lake, against a count in plain Python."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from serving.shop.lake import ShopLake
from serving.shop.period import Period
from serving.shop.reports import REPORTS, report
from tests.event_lake import write_lake
from tests.unit.serving.shop.conftest import HOURS, START, Event, counted

PERIOD = Period(START + timedelta(hours=1), START + timedelta(hours=HOURS - 1))


@pytest.fixture(scope="module")
def chosen(events: list[Event]) -> list[Event]:
    return [event for event in counted(events) if PERIOD.start <= event["timestamp"] < PERIOD.until]


def test_summary(lake: ShopLake, chosen: list[Event]) -> None:
    (row,) = report("summary", PERIOD, lake).rows
    orders = [event for event in chosen if event["event_type"] == "purchase"]
    sessions = {event["session_id"] for event in chosen}
    assert row == {
        "events": len(chosen),
        "active_users": len({event["user_id"] for event in chosen} - {None}),
        "sessions": len(sessions),
        "purchases": len(orders),
        "buyers": len({event["user_id"] for event in orders} - {None}),
        "revenue": pytest.approx(sum(event["total"] for event in orders)),
        "avg_order_value": pytest.approx(sum(event["total"] for event in orders) / len(orders)),
        "conversion_rate": pytest.approx(len({event["session_id"] for event in orders}) / len(sessions)),
    }


def test_segments(lake: ShopLake, chosen: list[Event]) -> None:
    most: dict[str, float] = {}
    revenue: dict[str, float] = defaultdict(float)
    for event in chosen:
        if event["user_id"]:
            most[event["user_id"]] = max(most.get(event["user_id"], 0), event["total"] or 0)
            revenue[event["user_id"]] += event["total"] or 0
    names = {user: "high_value" if top > 100 else "medium_value" if top > 50 else "low_value" if top else "no_order"
             for user, top in most.items()}  # fmt: skip
    rows = {row["segment"]: row for row in report("segments", PERIOD, lake).rows}
    assert set(rows) == set(names.values())
    for segment, row in rows.items():
        users = [user for user, name in names.items() if name == segment]
        assert row["users"] == len(users)
        assert row["share_of_users"] == pytest.approx(len(users) / len(names))
        assert row["revenue"] == pytest.approx(sum(revenue[user] for user in users))


def test_heatmap(lake: ShopLake, chosen: list[Event]) -> None:
    cells: dict[tuple[int, int], list[Event]] = defaultdict(list)
    for event in chosen:
        cells[event["timestamp"].isoweekday(), event["timestamp"].hour].append(event)
    rows = {(row["weekday"], row["hour"]): row for row in report("heatmap", PERIOD, lake).rows}
    assert {cell: row["events"] for cell, row in rows.items()} == {cell: len(found) for cell, found in cells.items()}
    assert {cell: row["active_users"] for cell, row in rows.items()} == {
        cell: len({event["user_id"] for event in found} - {None}) for cell, found in cells.items()
    }


def test_products(lake: ShopLake, chosen: list[Event]) -> None:
    rows = report("products", PERIOD, lake).rows
    assert [row["product_id"] for row in rows][0] == "p1"
    for row in rows:
        of = [event for event in chosen if event["product_id"] == row["product_id"]]
        assert row["views"] == sum(event["event_type"] == "product_view" for event in of)
        assert row["carts"] == sum(event["event_type"] == "add_to_cart" for event in of)
    orders = [event["total"] for event in chosen if event["event_type"] == "purchase"]
    assert (rows[0]["units"], rows[0]["revenue"]) == (2 * len(orders), pytest.approx(2 * sum(orders)))
    assert [(row["units"], row["revenue"]) for row in rows[1:]] == [(0, 0)] * 2


def test_cohorts(tmp_path: Path) -> None:
    """Three came in the first week; one of them came again in the next, and two in the third; one is new then."""
    monday = datetime(2026, 3, 2, tzinfo=UTC).replace(tzinfo=None)
    visits = {"a": [0, 1, 2], "b": [0, 2], "c": [0, 0], "d": [2]}
    events = [
        {"event_id": f"{user}{n}", "event_type": "page_view", "user_id": user, "timestamp": monday + timedelta(weeks=w)}
        for user, weeks in visits.items()
        for n, w in enumerate(weeks)
    ]
    write = sorted(events, key=lambda event: event["timestamp"])
    write_lake(tmp_path / "events", write)
    period = Period(monday.replace(tzinfo=UTC), monday.replace(tzinfo=UTC) + timedelta(weeks=4))
    rows = report("cohorts", period, ShopLake(str(tmp_path / "events"))).rows
    assert [(row["cohort_week"].date(), row["week"], row["users"], row["retention"]) for row in rows] == [
        (monday.date(), 0, 3, 1),
        (monday.date(), 1, 1, pytest.approx(1 / 3)),
        (monday.date(), 2, 2, pytest.approx(2 / 3)),
        ((monday + timedelta(weeks=2)).date(), 0, 1, 1),
    ]


@pytest.mark.parametrize("name", REPORTS)
def test_an_empty_lake_is_said_and_is_no_error(name: str, tmp_path: Path) -> None:
    answer = report(name, PERIOD, ShopLake(str(tmp_path / "nothing")))
    assert "has no files yet" in answer.problems[0]
    assert all(not row["events"] for row in answer.rows) if name == "summary" else answer.rows == []
