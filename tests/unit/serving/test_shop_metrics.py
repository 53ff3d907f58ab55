"""``GET /v1/metrics/{result}``: periods, formats, and what cannot be asked."""

import csv
import io
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from fastapi.testclient import TestClient

from serving.schemas import ShopMetricsOut
from serving.shop.answer import ShopAnswer
from serving.shop.shop_metrics import RESULTS, ShopMetrics
from tests.event_lake import write_lake
from tests.unit.serving.conftest import World
from tests.unit.serving.test_app import assert_problem

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def order(number: int, minute: int, total: float, page: str | None = None) -> dict[str, Any]:
    return {
        "event_id": f"e{number}",
        "event_type": "page_view" if page else "purchase",
        "timestamp": (NOON + timedelta(minutes=minute)).replace(tzinfo=None),
        "user_id": f"u{number}",
        "session_id": f"s{number}",
        "total": total,
        "page": page,
    }


@pytest.fixture
def client(world: World) -> TestClient:
    events = [order(1, 1, 10.0), order(2, 2, 20.0), order(3, 61, 30.0), order(4, 62, 0, "=cmd()")]
    write_lake(Path(world.settings.events_path), events)
    return world.client


def ask(client: TestClient, result: str, **parameters: str) -> Any:
    asked = {"from": "2026-03-01T12:00:00Z", "to": "2026-03-01T14:00:00Z"} | parameters
    return client.get(f"/v1/metrics/{result}", params=asked)


def test_rows_of_a_period(client: TestClient) -> None:
    answer = ask(client, "revenue", granularity="hour")
    assert answer.status_code == 200
    body = answer.json()
    ShopMetricsOut.model_validate(body)
    assert (body["from"], body["to"]) == ("2026-03-01T12:00:00Z", "2026-03-01T14:00:00Z")
    assert [(row["window_start"], row["total_revenue"], row["avg_order_value"]) for row in body["rows"]] == [
        ("2026-03-01T12:00:00Z", 30.0, 15.0),
        ("2026-03-01T13:00:00Z", 30.0, 30.0),
    ]
    # The test's Redis is away.
    assert "away" in body["problems"][0]


def test_times_without_an_offset_are_utc_and_others_are_understood(client: TestClient) -> None:
    for start in ("2026-03-01T12:00:00", "2026-03-01T14:00:00+02:00"):
        assert ask(client, "revenue", **{"from": start}).json()["from"] == "2026-03-01T12:00:00Z"


def test_csv(client: TestClient) -> None:
    answer = ask(client, "page_views", format="csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    (row,) = csv.DictReader(io.StringIO(answer.text))
    assert (row["window_start"], row["page"], row["page_views"]) == ("2026-03-01T13:02:00Z", "'=cmd()", "1")


def test_without_a_period_it_is_the_last_day(client: TestClient) -> None:
    body = client.get("/v1/metrics/summary").json()
    until = datetime.fromisoformat(body["to"])
    assert until - datetime.fromisoformat(body["from"]) == timedelta(days=1)
    assert abs(datetime.now(UTC) - until) < timedelta(minutes=1)


@pytest.mark.parametrize("result", RESULTS)
def test_every_result_answers_its_columns(client: TestClient, result: str) -> None:
    body = ask(client, result).json()
    ShopMetricsOut.model_validate(body)
    assert all(list(row) == body["columns"] for row in body["rows"])


@pytest.mark.parametrize(
    ("result", "parameters", "status", "code", "words"),
    [
        ("sales", {}, 404, "unknown-result", "there are page_views"),
        ("revenue", {"from": "2026-03-02", "to": "2026-03-01"}, 422, "invalid-request", "begin before"),
        ("revenue", {"from": "0001-01-01T00:00:00+14:00"}, 422, "invalid-request", "period"),
        ("revenue", {"granularity": "second"}, 422, "invalid-request", "errors"),
        ("funnel_conversions", {"dimension": "colour"}, 422, "invalid-request", "no breakdown by colour"),
    ],
)
def test_what_cannot_be_asked(
    client: TestClient, result: str, parameters: dict[str, str], status: int, code: str, words: str
) -> None:
    body = assert_problem(ask(client, result, **parameters), status, code)
    assert words in body["detail"]


def test_a_key_is_needed(client: TestClient) -> None:
    client.headers.pop("X-API-Key")
    assert_problem(ask(client, "revenue"), 401, "unauthorized")


def test_equal_questions_are_answered_once_and_few_at_a_time(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[str] = []
    go = threading.Event()

    def slow(_self: ShopMetrics, question: Any) -> Any:
        def answer() -> ShopAnswer:
            begun.append(question.result)
            assert go.wait(20)
            return ShopAnswer(question.result, question.period, "total", (), [])

        return answer

    monkeypatch.setattr(ShopMetrics, "_call", slow)
    names = ["summary", "summary", "summary", "heatmap", "products"]
    answers: list[int] = []
    threads = [threading.Thread(target=lambda n=name: answers.append(ask(client, n).status_code)) for name in names]
    for thread in threads:
        thread.start()
    deadline = threading.Event()
    while len(begun) < 2 and not deadline.wait(0.01):
        pass
    assert not deadline.wait(0.2)
    assert len(begun) == 2  # two at a time
    go.set()
    for thread in threads:
        thread.join(20)
    assert answers == [200] * 5
    assert sorted(begun) == ["heatmap", "products", "summary"]


def test_answers_that_no_longer_hold_are_let_go(client: TestClient) -> None:
    shop: ShopMetrics = client.app.state.shop  # type: ignore[attr-defined]  # FastAPI's
    for minute in range(5):
        assert ask(client, "summary", to=f"2026-03-01T14:0{minute}:00Z").status_code == 200
    assert 0 < len(shop._kept) <= 5
    for kept in shop._kept.values():
        kept.until = 0
    assert ask(client, "summary", to="2026-03-01T14:09:00Z").status_code == 200
    assert len(shop._kept) == 1


@pytest.mark.parametrize(
    ("errors", "status", "words"),
    [
        ([duckdb.IOException("gone")], 200, ""),
        ([duckdb.IOException("gone")] * 2, 503, "changed meanwhile"),
        ([duckdb.OutOfMemoryException("full")], 503, "SHOPSTREAM_QUERY_MEMORY"),
    ],
)
def test_files_that_are_merged_meanwhile_and_too_much_at_once(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, errors: list[Exception], status: int, words: str
) -> None:
    left = list(errors)

    def failing(_self: ShopMetrics, question: Any) -> Any:
        def answer() -> ShopAnswer:
            if left:
                raise left.pop()
            return ShopAnswer(question.result, question.period, "total", (), [])

        return answer

    monkeypatch.setattr(ShopMetrics, "_call", failing)
    answer = ask(client, "summary")
    assert answer.status_code == status
    assert words in answer.text
