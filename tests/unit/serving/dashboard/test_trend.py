"""What the trend draws: nothing where nothing was, and the alerts."""

from datetime import UTC, datetime, timedelta
from typing import Any

from serving.dashboard.panels.trend import METRICS, _options
from serving.shop.answer import ShopAnswer
from serving.shop.period import Period

START = datetime(2026, 3, 1, tzinfo=UTC)
DAY = Period(START, START + timedelta(hours=6))


def hour(number: int, currency: str, total: float) -> dict[str, Any]:
    return {"window_start": START + timedelta(hours=number), "currency": currency, "total_revenue": total}


def drawn(rows: list[dict[str, Any]], alerts: list[dict[str, Any]]) -> dict[str, Any]:
    answer = ShopAnswer("revenue", DAY, "hour", (), rows)
    return _options(METRICS["revenue"], answer, ShopAnswer("anomalies", DAY, "window", (), alerts))


def test_an_hour_without_orders_is_nought() -> None:
    options = drawn([hour(1, "USD", 5.0), hour(4, "USD", 7.0), hour(2, "EUR", 3.0)], [])
    lines = {line["name"]: line["data"] for line in options["series"]}
    hours = [(START + timedelta(hours=number)).timestamp() * 1000 for number in range(6)]
    assert lines["USD"] == [[at, value] for at, value in zip(hours, [0, 5.0, 0, 0, 7.0, 0], strict=True)]
    assert lines["EUR"] == [[at, value] for at, value in zip(hours, [0, 0, 3.0, 0, 0, 0], strict=True)]
    assert "highest 7" in options["aria"]["label"]["description"]


def test_an_alert_is_marked_as_long_as_it_lasts() -> None:
    over = {"window_start": START, "ended_at": "2026-03-01T02:00:00Z", "reason": "many"}
    now = {"window_start": START + timedelta(hours=3), "ended_at": None, "reason": "few"}
    (_, marks) = drawn([hour(1, "USD", 5.0)], [over, now])["series"]
    first, second = marks["markArea"]["data"]
    assert (first[0]["xAxis"], first[1]["xAxis"]) == (START.timestamp() * 1000, "2026-03-01T02:00:00Z")
    assert second[1]["xAxis"] == DAY.until.timestamp() * 1000


def test_nothing_is_drawn_of_an_empty_period() -> None:
    options = drawn([], [])
    assert options["series"] == []
    assert "nothing" in options["aria"]["label"]["description"]
