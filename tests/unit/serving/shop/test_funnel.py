"""The funnel of a period, against ClickHouse's windowFunnel, and hours that Redis has."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from flink_jobs.funnels.funnel import Funnel
from flink_jobs.live.live_store import LiveStore
from serving.shop.funnel import conversions
from serving.shop.lake import ShopLake
from serving.shop.live import LiveWindows
from serving.shop.period import Period
from tests.event_lake import write_lake
from tests.jobs.funnel_oracle import Key
from tests.jobs.test_funnels import OTHER, SHOP, START, expected, shop_events
from tests.unit.serving.shop.conftest import Live

WHOLE = Period(START, START + timedelta(hours=48))
NAMES = ("event_id", "event_type", "user_id")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[dict[str, Any]], ShopLake]:
    events = shop_events(seed=3, users=40, count=60)
    folder = tmp_path_factory.mktemp("funnel") / "events"
    plain = [
        {name: event[name] for name in NAMES}
        | {name.rpartition(".")[2]: value for name, value in event.items() if "." in name}
        | {"timestamp": datetime.fromisoformat(event["timestamp"]).replace(tzinfo=None)}
        for event in events
    ]
    write_lake(folder, plain)
    return events, ShopLake(str(folder))


def found(funnel: Funnel, lake: ShopLake, live: Live, breakdown: str) -> dict[Key, tuple[int, float | None]]:
    windows = LiveWindows(cast("LiveStore", live), "127.0.0.1:1")
    rows = conversions(funnel, WHOLE, lake, windows, "hour", breakdown).rows
    return {
        (row["window_start"], row["breakdown"], row["value"], row["step"]): (row["users"], row["median_seconds"])
        for row in rows
    }


@pytest.mark.parametrize("funnel", [SHOP, OTHER], ids=["shop", "other"])
def test_hours_equal_those_of_clickhouse(
    shop: tuple[list[dict[str, Any]], ShopLake], live: Live, funnel: Funnel
) -> None:
    wanted = expected(shop[0], funnel)
    for breakdown in ["none", *funnel.breakdowns]:
        rows = found(funnel, shop[1], live, breakdown)
        reached = {key: figures for key, figures in rows.items() if figures[0]}
        assert reached == {key: figures for key, figures in wanted.items() if key[1] == breakdown}
        assert len(reached) > 10
        assert all(figures == (0, None) for key, figures in rows.items() if key not in reached)


def test_a_day_counts_a_user_once(shop: tuple[list[dict[str, Any]], ShopLake], live: Live) -> None:
    windows = LiveWindows(cast("LiveStore", live), "127.0.0.1:1")
    hours = conversions(SHOP, WHOLE, shop[1], windows, "hour").rows
    day = conversions(SHOP, WHOLE, shop[1], windows, "total").rows
    assert [row["step"] for row in day] == [1, 2, 3, 4]
    assert day[0]["users"] == len({e["user_id"] for e in shop[0] if e["event_type"] == "product_view"})
    for row, before in zip(day[1:], day, strict=False):
        most = sum(one["users"] for one in hours if one["step"] == row["step"])
        assert max(one["users"] for one in hours if one["step"] == row["step"]) <= row["users"] <= most
        assert row["drop_off"] == before["users"] - row["users"]
        assert row["step_rate"] == pytest.approx(row["users"] / before["users"])
        assert row["overall_rate"] == pytest.approx(row["users"] / day[0]["users"])


def test_an_hour_that_redis_has_is_the_streams(shop: tuple[list[dict[str, Any]], ShopLake], live: Live) -> None:
    row = {"funnel": SHOP.name, "breakdown": "none", "value": "all", "step": 1, "step_name": "product_view"}
    row |= {"users": 4711, "step_rate": 1.0, "overall_rate": 1.0, "drop_off": 0, "median_seconds": 0.0}
    live.written["funnel_conversions"] = {START: [row, row | {"breakdown": "device"}, row | {"funnel": "another"}]}
    rows = found(SHOP, shop[1], live, "none")
    assert [(key[3], users) for key, (users, _) in rows.items() if key[0] == START] == [(1, 4711)]
    assert len(rows) > 4


def test_an_unknown_breakdown_is_refused_with_those_there_are(live: Live, tmp_path: Path) -> None:
    windows = LiveWindows(cast("LiveStore", live), "127.0.0.1:1")
    with pytest.raises(ValueError, match="choose from none, device, country, referrer, product_category"):
        conversions(SHOP, WHOLE, ShopLake(str(tmp_path)), windows, "hour", "colour")
    assert conversions(SHOP, WHOLE, ShopLake(str(tmp_path)), windows).rows == []
