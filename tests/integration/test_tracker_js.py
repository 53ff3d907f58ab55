"""The tracker in a real browser, on a page of another origin than the collector's."""

import json
import re
import shutil
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, sync_playwright

from deploy.stack.address import free_ports
from ingestion.topics import TRANSACTION_EVENTS, USER_EVENTS, WEB_EVENTS
from tests.integration.shop import Shop, shop, wait_until

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
QUIET = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)
HTML = """<!doctype html><title>Shoes</title>
<script>window.shopstream = [["page"]]</script>
<script async src="{collector}/tracker.js" data-write-key="local-write-key"></script>"""
QUEUE = (
    "Object.keys(localStorage).filter((key) => key.startsWith('shopstream.q')).sort().map((key) => localStorage[key])"
)
NO_NETWORK = "() => { window.fetch = () => Promise.reject(new TypeError('no network')) }"


class Site(NamedTuple):
    """The shop's pages, and the collector behind them."""

    origin: str
    shop: Shop

    def open(self, context: BrowserContext, path: str = "/shoes?size=9") -> Page:
        page = context.new_page()
        page.goto(self.origin + path)
        page.wait_for_function("window.shopstream && !Array.isArray(window.shopstream)")
        return page


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    (port,) = free_ports(1)
    origin = f"http://127.0.0.1:{port}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHOPSTREAM_COLLECTOR_ORIGINS", origin)
        with shop(tmp_path_factory.mktemp("site")) as made:
            html = HTML.format(collector=f"http://{made.scorer.settings.scorer}").encode()

            class Pages(BaseHTTPRequestHandler):
                def do_GET(self) -> None:
                    self.send_response(200)
                    self.send_header("Content-Type", "text/html")
                    self.end_headers()
                    self.wfile.write(html)

                def log_message(self, *_: Any) -> None:
                    pass

            server = ThreadingHTTPServer(("127.0.0.1", port), Pages)
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            try:
                yield Site(origin, made)
            finally:
                server.shutdown()
                server.server_close()
                thread.join()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    assert path, "the tracker is tested in Chromium: run `make test`, which installs it"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(QUIET))
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A new visitor; what a page throws fails the test."""
    context = browser.new_context()
    errors: list[str] = []
    context.on("weberror", lambda error: errors.append(str(error.error)))
    yield context
    context.close()
    assert errors == []


def queue(page: Page) -> list[dict[str, Any]]:
    return [json.loads(text) for text in page.evaluate(QUEUE)]


def sent(page: Page) -> None:
    """Wait until the page has nothing left to send."""
    page.wait_for_function(f"!({QUEUE}).length", timeout=90_000)


def of_visitor(site: Site, anonymous_id: str) -> list[dict[str, Any]]:
    """All that Kafka has of a visitor, in order of time."""
    events = [event for topic in (WEB_EVENTS, TRANSACTION_EVENTS, USER_EVENTS) for event in site.shop.stored(topic)]
    mine = [event for event in events if event["context"].get("anonymous_id") == anonymous_id]
    return sorted(mine, key=lambda event: event["timestamp"])


def visitor(page: Page) -> str:
    found: str = page.evaluate("localStorage['shopstream.anonymous']")
    assert re.fullmatch(r"[0-9a-f]{32}", found)
    return found


def test_events_of_another_origin_s_page_arrive(site: Site, context: BrowserContext) -> None:
    page = site.open(context)
    page.evaluate("shopstream.track('Product Added', {product_id: 'p1', price: 9.5, quantity: 2})")
    page.wait_for_timeout(5)  # so that the times tell the order
    page.evaluate("shopstream.identify(42, {plan: 'gold', name: 'cut \\ud83d'})")
    sent(page)
    view, added, identified = of_visitor(site, visitor(page))
    assert [event["event_type"] for event in (view, added, identified)] == ["page_view", "add_to_cart", "identify"]
    assert [event["user_id"] for event in (view, added, identified)] == [None, None, "42"]
    assert (view["properties"]["page"], added["properties"]["price"]) == ("/shoes", 9.5)
    assert identified["properties"]["traits"] == {"plan": "gold", "name": "cut \ufffd"}
    assert len({event["session_id"] for event in (view, added, identified)} - {None}) == 1
    about = view["context"]
    assert (about["library"], about["device"], about["ip_address"]) == ("shopstream.js", "desktop", "127.0.0.1")
    assert about["user_agent"] == page.evaluate("navigator.userAgent")
    assert about["page"]["search"] == "?size=9"

    # The next page is the same visitor's, user's and session's.
    next_page = site.open(context, "/bags")
    sent(next_page)
    again = of_visitor(site, visitor(page))[-1]
    assert (again["properties"]["page"], again["user_id"]) == ("/bags", "42")
    assert again["session_id"] == view["session_id"]


def test_half_an_hour_of_silence_ends_a_session_and_a_log_out_the_visitor(site: Site, context: BrowserContext) -> None:
    page = site.open(context)
    page.evaluate(NO_NETWORK)

    def track() -> dict[str, Any]:
        page.evaluate("shopstream.track('x')")
        return max(queue(page), key=lambda message: message["timestamp"])

    def age(minutes: float) -> None:
        page.evaluate(
            "(ms) => { const [id, last] = localStorage['shopstream.session'].split(' ');"
            " localStorage['shopstream.session'] = `${id} ${last - ms}` }",
            minutes * 60_000,
        )
        page.wait_for_timeout(2)

    page.evaluate("shopstream.identify('anna')")
    first = track()
    age(29)
    second = track()
    age(31)
    third = track()
    assert first["context"]["sessionId"] == second["context"]["sessionId"] != third["context"]["sessionId"]
    page.evaluate("shopstream.reset()")
    page.wait_for_timeout(2)
    fourth = track()
    assert (third["userId"], fourth.get("userId")) == ("anna", None)
    assert fourth["anonymousId"] != third["anonymousId"]
    assert len({message["messageId"] for message in queue(page)}) == len(queue(page)) >= 5


def test_a_collector_that_was_down_gets_each_event_once(site: Site, context: BrowserContext) -> None:
    page = site.open(context)
    sent(page)
    site.shop.scorer.down()
    try:
        page.evaluate("shopstream.track('click', {n: 1}); shopstream.track('click', {n: 2})")
        assert [message["properties"]["n"] for message in queue(page)] == [1, 2]
    finally:
        site.shop.scorer.up()
    sent(page)
    clicks = [event for event in of_visitor(site, visitor(page)) if event["event_type"] == "click"]
    assert sorted(event["properties"]["n"] for event in clicks) == [1, 2]


@pytest.mark.parametrize("status", [429, 503])
def test_it_waits_as_long_as_it_is_told_and_sends_the_same_message(
    site: Site, context: BrowserContext, status: int
) -> None:
    calls: list[tuple[float, list[str]]] = []

    def answer(route: Route) -> None:
        if route.request.method == "POST":
            messages = json.loads(route.request.post_data or "")["batch"]
            calls.append((time.monotonic(), [message["messageId"] for message in messages]))
            if len(calls) == 1:
                headers = {
                    "Retry-After": "3",
                    "Access-Control-Allow-Origin": site.origin,
                    "Access-Control-Expose-Headers": "Retry-After",
                }
                route.fulfill(status=status, headers=headers, body="")
                return
        route.continue_()

    context.route("**/v1/batch", answer)
    page = site.open(context)
    sent(page)
    (first, ids), (second, ids_again) = calls
    # The first back-off of its own would be over after a second at most.
    assert second - first >= 2.9
    assert ids == ids_again
    assert [event["event_id"] for event in of_visitor(site, visitor(page))] == ids


def test_what_is_refused_is_given_up(site: Site, context: BrowserContext) -> None:
    page = site.open(context)
    warnings: list[str] = []
    page.on("console", lambda message: warnings.append(message.text))
    page.evaluate("shopstream.track('Order Completed', {total: 'free'})")
    sent(page)
    wait_until(lambda: page.wait_for_timeout(20) or any("refused" in text for text in warnings))
    assert [event["event_type"] for event in of_visitor(site, visitor(page))] == ["page_view"]


def test_a_page_that_is_left_sends_its_queue_by_beacon(site: Site, context: BrowserContext) -> None:
    page = site.open(context)
    sent(page)
    who = visitor(page)
    page.evaluate(NO_NETWORK)
    page.evaluate("shopstream.track('click', {left: true})")
    assert len(queue(page)) == 1
    page.goto("about:blank")
    wait_until(lambda: len(of_visitor(site, who)) == 2, 30)
    assert of_visitor(site, who)[-1]["properties"]["left"] is True


def test_the_queue_is_bounded_and_keeps_the_newest(site: Site, context: BrowserContext) -> None:
    page = site.open(context)
    sent(page)
    page.evaluate(NO_NETWORK)
    page.evaluate("for (let n = 0; n < 510; n++) shopstream.track('click', {n})")
    numbers = sorted(message["properties"]["n"] for message in queue(page))
    assert numbers == list(range(10, 510))
    page.evaluate("shopstream.track('click', {text: 'x'.repeat(33000)})")
    assert len(queue(page)) == 500
    who = visitor(page)
    page.reload()
    sent(page)
    stored = [event["properties"]["n"] for event in of_visitor(site, who) if event["event_type"] == "click"]
    # The beacon may have sent the first of them too, with the same ids.
    assert sorted(set(stored)) == list(range(10, 510))


@pytest.mark.parametrize(
    "blocked",
    [
        "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('no', 'SecurityError') }})",
        "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError') }",
    ],
)
def test_without_local_storage_events_arrive_all_the_same(site: Site, context: BrowserContext, blocked: str) -> None:
    context.add_init_script(blocked)
    bodies: list[dict[str, Any]] = []
    context.on("request", lambda request: bodies.append(json.loads(request.post_data)) if request.post_data else None)
    page = site.open(context)
    page.evaluate("shopstream.track('click'); shopstream.identify('anna')")

    def who() -> set[str]:
        return {message["anonymousId"] for body in bodies for message in body["batch"]}

    wait_until(lambda: page.wait_for_timeout(20) or who())
    (anonymous_id,) = who()
    wait_until(lambda: page.wait_for_timeout(20) or len(of_visitor(site, anonymous_id)) == 3, 30)


def test_a_page_of_an_origin_that_is_not_listed_sends_nothing(site: Site, context: BrowserContext) -> None:
    page = site.open(context)
    sent(page)
    who = visitor(page)
    calls: list[str] = []
    context.on("request", lambda request: calls.append(request.method))
    context.on("requestfailed", lambda _request: calls.append("failed"))
    other = context.new_page()
    other.goto(site.origin.replace("127.0.0.1", "localhost"))
    other.wait_for_function("window.shopstream && !Array.isArray(window.shopstream)")
    wait_until(lambda: other.wait_for_timeout(20) or "failed" in calls)
    assert len(queue(other)) == 1
    assert other.evaluate("localStorage['shopstream.anonymous']") != who
    assert len(of_visitor(site, visitor(other))) == 0
