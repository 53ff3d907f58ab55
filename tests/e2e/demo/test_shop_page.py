"""The dashboard in a browser on the replayed half-year: every number against the API, and a tile that moves.

After the others of this folder, for it sends an event that they do not count.
"""

import json
import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Literal

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from kafka import KafkaProducer
from playwright.sync_api import Page, sync_playwright

from deploy.stack.settings import StackSettings
from tests.e2e.demo.conftest import ROOT

pytestmark = pytest.mark.timeout(900)

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
SHOTS = ROOT / ".shopstream" / "screenshots"
SHOWN = {
    ("Period", "Last 6 months"): ("preset", '"180d"'),
    ("Trend of", "Page views"): ("metric", '"page_views"'),
    ("Trend of", "Revenue"): ("metric", '"revenue"'),
    ("In steps of", "Days"): ("steps", '"day"'),
}
"""What the page says once all of it shows a choice."""
BUSY_SECONDS = 90
"""Half a year in thousands of small files, asked for by a dozen panels at once, on a machine that does more."""
Demo = tuple[StackSettings, dict[str, Any]]


@pytest.fixture(scope="module")
def page(demo: Demo) -> Iterator[Page]:
    """The page with all of the replayed half-year on it."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    browser_path = next(filter(None, map(shutil.which, BROWSERS)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=browser_path, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        found = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
        failed: list[str] = []
        found.on("requestfailed", lambda request: failed.append(request.url))
        found.on("pageerror", lambda error: failed.append(str(error)))
        found.goto(f"http://{demo[0].scorer}/dashboard/")
        shown(found)
        choose(found, "Period", "Last 6 months")
        yield found
        browser.close()
    assert failed == []


def choose(page: Page, control: str, option: str) -> None:
    """Choose, and wait until all of the page shows it."""
    attribute, value = SHOWN[control, option]
    page.get_by_label(control, exact=True).click()
    page.get_by_role("option", name=option, exact=True).click()
    page.wait_for_selector(f"[data-test=told][data-{attribute}={value}]", timeout=60_000)


def shown(page: Page) -> None:
    page.wait_for_selector("[data-test=told][data-from]", timeout=60_000)


def period(page: Page) -> tuple[str, str]:
    told = page.locator("[data-test=told]")
    return told.get_attribute("data-from") or "", told.get_attribute("data-to") or ""


def answered(demo: Demo, page: Page, result: str, **parameters: Any) -> httpx.Response:
    """The API's answer for the page's period; asked again while it is busy with the page's own questions."""
    start, until = period(page)
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        answer = httpx.get(
            f"http://{demo[0].scorer}/v1/metrics/{result}",
            params={"from": start, "to": until, **parameters},
            headers={"X-API-Key": "local-development-key"},
            timeout=60,
        )
        if answer.status_code != 503 or time.monotonic() > deadline:
            assert answer.status_code == 200, answer.text
            return answer


def ask(demo: Demo, page: Page, result: str, **parameters: Any) -> list[dict[str, Any]]:
    body = answered(demo, page, result, **parameters).json()
    assert body["problems"] == []
    rows: list[dict[str, Any]] = body["rows"]
    return rows


def value(page: Page, name: str) -> float:
    return float(page.locator(f'[data-test="{name}"]').get_attribute("data-value") or "nan")


def shows(page: Page, name: str, expected: float) -> bool:
    """Wait until a number on the page is the expected one: a panel whose question was put off comes later."""
    deadline = time.monotonic() + BUSY_SECONDS
    while value(page, name) != expected and time.monotonic() < deadline:
        page.wait_for_timeout(200)
    assert value(page, name) == expected, name
    return True


def test_the_cards_are_what_the_api_says(demo: Demo, page: Page) -> None:
    (summary,) = ask(demo, page, "summary")
    (revenue,) = ask(demo, page, "revenue", granularity="total")
    assert summary["active_users"] == 600
    assert shows(page, "card-active_users", 600)
    assert shows(page, "card-revenue", revenue["total_revenue"])
    assert revenue["total_revenue"] == pytest.approx(summary["revenue"])
    assert shows(page, "card-avg_order_value", revenue["avg_order_value"])
    assert shows(page, "card-conversion_rate", summary["conversion_rate"])
    assert page.locator('[data-test="card-active_users"]').inner_text() == "600"


def test_the_funnel_and_the_segments_are_what_the_api_says(demo: Demo, page: Page) -> None:
    steps = ask(demo, page, "funnel_conversions", granularity="total")
    assert len(steps) == 4 and steps[0]["users"] > steps[-1]["users"] > 0
    for step in steps:
        assert shows(page, f"step-{step['step']}", step["users"])
    segments = ask(demo, page, "segments")
    assert sum(segment["users"] for segment in segments) == 600
    for segment in segments:
        assert shows(page, f"segment-{segment['segment']}", segment["users"])


@pytest.mark.parametrize(
    ("panel", "result", "parameters"),
    [
        ("Trend", "revenue", {"granularity": "week"}),
        ("Activity", "heatmap", {}),
        ("Weekly retention", "cohorts", {}),
        ("Top products", "products", {}),
        ("Anomalies", "anomalies", {}),
    ],
)
def test_what_a_panel_shows_is_what_the_api_says(
    demo: Demo, page: Page, panel: str, result: str, parameters: dict[str, str]
) -> None:
    expected = answered(demo, page, result, format="csv", **parameters).text

    def downloaded() -> str:
        with page.expect_download() as download:
            page.get_by_label(f"Download {panel} as CSV").click()
        return download.value.path().read_text()

    deadline = time.monotonic() + BUSY_SECONDS
    while (text := downloaded()) != expected and time.monotonic() < deadline:
        page.wait_for_timeout(200)
    assert text == expected
    assert len(text.splitlines()) > (1 if result not in ("products", "anomalies") else 0)


def test_another_metric_and_another_step(demo: Demo, page: Page) -> None:
    choose(page, "Trend of", "Page views")
    choose(page, "In steps of", "Days")
    highest = max(row["page_views"] for row in ask(demo, page, "page_views", granularity="day", by="time"))
    page.wait_for_selector(f'[aria-label^="Page views in"][aria-label*="highest {highest:,}"]', timeout=60_000)


def test_the_pipeline_says_how_it_fares(page: Page) -> None:
    page.wait_for_selector('[data-test="health-events counted"]', timeout=60_000)
    figures = {
        name: page.locator(f'[data-test="health-{name}"]').inner_text()
        for name in ("events counted", "records waiting in Kafka", "dead letters", "failed checkpoints")
    }
    assert figures["records waiting in Kafka"] == figures["dead letters"] == "0"


def test_pictures_of_it(page: Page) -> None:
    """For the README: on a desk, on a phone, in the dark."""
    choose(page, "Trend of", "Revenue")
    page.wait_for_selector('[aria-label^="Revenue in"]', timeout=60_000)
    for name, width, dark in (("desktop", 1440, False), ("phone", 390, False), ("dark", 1440, True)):
        page.emulate_media(color_scheme="dark" if dark else "light")
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_function("width => document.body.scrollWidth <= width", arg=width, timeout=10_000)
        page.screenshot(path=SHOTS / f"{name}.png", full_page=True)
        assert (SHOTS / f"{name}.png").stat().st_size > 20_000
    page.set_viewport_size({"width": 1440, "height": 900})


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_open_to_all(page: Page, scheme: Literal["light", "dark"]) -> None:
    """Contrast, names, landmarks and the rest of what axe knows of WCAG."""
    page.emulate_media(color_scheme=scheme)
    found = Axe().run(page)
    page.emulate_media(color_scheme="light")
    assert found.violations_count == 0, found.generate_report()


def test_the_keyboard_is_enough(demo: Demo, page: Page) -> None:
    other = page.context.new_page()
    other.goto(f"http://{demo[0].scorer}/dashboard/")
    shown(other)
    before = other.locator("[data-test=told]").get_attribute("data-preset")
    other.keyboard.press("Tab")
    skip = other.get_by_role("link", name="Skip to the page")
    assert skip.evaluate("link => link === document.activeElement")
    assert skip.evaluate("link => link.getBoundingClientRect().left >= 0")
    other.keyboard.press("Enter")
    other.keyboard.press("Tab")
    chosen = other.get_by_label("Period", exact=True)
    assert chosen.evaluate("field => field === document.activeElement")
    other.keyboard.press("Enter")
    other.get_by_role("listbox").wait_for()
    other.keyboard.press("ArrowDown")
    other.keyboard.press("Enter")
    other.wait_for_function(
        "before => document.querySelector('[data-test=told]').dataset.preset !== before", arg=before, timeout=60_000
    )
    other.close()


def test_a_user_has_a_page(demo: Demo, page: Page) -> None:
    user = ask(demo, page, "user_activity", granularity="total", limit=1)[0]["user_id"]
    other = page.context.new_page()
    other.goto(f"http://{demo[0].scorer}/dashboard/")
    field = other.get_by_label("User", exact=True)
    field.fill(user)
    field.press("Enter")
    other.wait_for_url(f"**/dashboard/user/{user}", timeout=30_000)
    other.wait_for_selector('[data-test="score"]', timeout=60_000)
    features = httpx.get(
        f"http://{demo[0].scorer}/v1/features/{user}", headers={"X-API-Key": "local-development-key"}, timeout=10
    ).json()["features"]
    assert Axe().run(other).violations_count == 0
    events = other.locator('[data-test="feature-total_events_24h"]').inner_text()
    assert events == f"{features['total_events_24h']:,} events"
    assert 0 < value(other, "score") < 1
    other.screenshot(path=SHOTS / "user.png", full_page=True)
    assert other.get_by_role("link", name="API").get_attribute("href") == "/docs"
    other.get_by_role("link", name="shopstream").click()
    other.wait_for_url("**/dashboard/", timeout=30_000)
    other.close()


def test_a_tile_moves_when_an_event_comes(demo: Demo, page: Page) -> None:
    before = page.locator('[data-test="tile-revenue"]').get_attribute("data-value")
    event = {
        "event_id": f"tile-{time.time_ns()}",
        "event_type": "purchase",
        "timestamp": datetime.now(UTC).isoformat(),
        "user_id": "a-new-user",
        "session_id": "s-tile",
        "properties": {"total": 4711.5, "currency": "USD", "order_id": "o1"},
    }
    with KafkaProducer(bootstrap_servers=demo[0].kafka_bootstrap, acks="all") as producer:
        producer.send("transaction_events", json.dumps(event).encode(), key=b"a-new-user")
        producer.flush(30)
        page.wait_for_function(
            "before => { const now = document.querySelector('[data-test=tile-revenue]').dataset.value;"
            " return now != before && Number(now) >= 4711.5 }",
            arg=before,
            timeout=30_000,
        )
