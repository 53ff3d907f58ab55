"""The collector over HTTP, with a stand-in for Kafka."""

import base64
import gzip
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingestion import verdict
from ingestion.delivery import DeliveryCallback, DeliveryReport
from ingestion.errors import ShopstreamError
from ingestion.event import Event
from serving.app import create_app
from serving.schemas import BatchCollectedOut, CollectedOut, Problem
from serving.settings import ScorerSettings
from tests.unit.serving.conftest import FakeProducer, FakeRegistry, FakeStore, load_line, wait_until

KEY = "local-write-key"
ORIGIN = "https://shop.example"
CLICK = {"type": "track", "event": "click", "userId": "u"}
PATHS = ["/v1/track", "/v1/page", "/v1/screen", "/v1/identify", "/v1/batch"]


class FakeKafka:
    """Takes events as ``EventProducer`` does; ``acknowledge`` answers those taken so far."""

    def __init__(self) -> None:
        self.taken: list[tuple[Event, bytes]] = []
        self.waiting: list[tuple[str, DeliveryCallback]] = []
        self.at_once = True
        self.failure: str | None = None
        self.broken = False
        self.away = False
        self.connections = 0
        self.closed = 0

    def connect(self) -> "FakeKafka":
        if self.away:
            raise ShopstreamError("Kafka does not answer at here.")
        self.connections += 1
        return self

    def send(self, event: Event, on_delivery: DeliveryCallback, value: bytes) -> None:
        if self.broken:
            raise RuntimeError("fenced")
        self.taken.append((event, value))
        self.waiting.append((event.event_id, on_delivery))
        if self.at_once:
            self.acknowledge()

    def acknowledge(self) -> None:
        waiting, self.waiting = self.waiting, []
        for event_id, report in waiting:
            report(DeliveryReport(event_id, event_id, 0, 0, self.failure))

    def close(self, timeout: float) -> None:  # noqa: ARG002 - the producer's signature
        self.closed += 1

    def events(self) -> list[dict[str, Any]]:
        """What readers of the topics find."""
        found = [verdict.read(value, datetime.now(UTC)) for _, value in self.taken]
        assert all(isinstance(event, dict) for event in found)
        return found  # type: ignore[return-value] # just asserted


class Page:
    """A client of a running application."""

    def __init__(self, client: TestClient, kafka: FakeKafka) -> None:
        self.client = client
        self.kafka = kafka

    def post(self, path: str, body: object = None, key: str | None = KEY, **options: Any) -> httpx.Response:
        if isinstance(body, dict):
            options.setdefault("json", body)
        elif body is not None:
            options["content"] = body
        if key is not None:
            options["auth"] = (key, "")
        return self.client.post(path, **options)

    def problem(self) -> str | None:
        """What health says of the collector."""
        check = self.client.get("/readyz").json()["checks"]["collector"]
        assert check["ok"]  # it keeps nobody from being scored
        detail: str | None = check["detail"]
        return detail

    def metric(self, line: str) -> float:
        lines = [found for found in self.client.get("/metrics").text.splitlines() if found.startswith(line + " ")]
        return float(lines[0].split()[-1]) if lines else 0.0


@contextmanager
def serving(folder: Path, kafka: FakeKafka, peer: str = "9.9.9.9", **changes: Any) -> Iterator[Page]:
    app = create_app(
        ScorerSettings(state=folder, **changes),
        open_store=FakeStore,
        registry=FakeRegistry(),
        load=load_line,
        connect_kafka=FakeProducer,
        connect_collector=kafka.connect,
    )
    with TestClient(app, raise_server_exceptions=False, client=(peer, 40_000)) as client:
        page = Page(client, kafka)
        if not kafka.away:
            wait_until(lambda: page.problem() is None)
        yield page


@pytest.fixture
def kafka() -> FakeKafka:
    return FakeKafka()


@pytest.fixture
def page(tmp_path: Path, kafka: FakeKafka) -> Iterator[Page]:
    with serving(tmp_path, kafka, collector_origins=ORIGIN) as page:
        yield page


def assert_problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    Problem.model_validate(body)
    assert (body["status"], body["type"]) == (status, f"urn:shopstream:problem:{code}")
    assert body["request_id"] == answer.headers["x-request-id"]
    return body


@pytest.mark.parametrize(
    "path,message,event_type,properties",
    [
        (
            "/v1/track",
            {"event": "Product Added", "properties": {"sku": "s"}},
            "add_to_cart",
            {"sku": "s", "product_id": "s"},
        ),
        ("/v1/page", {"properties": {"path": "/shoes"}}, "page_view", {"page": "/shoes"}),
        ("/v1/screen", {"name": "Shoes"}, "page_view", {"name": "Shoes", "page": "Shoes"}),
        ("/v1/identify", {"traits": {"plan": "gold"}}, "identify", {"traits": {"plan": "gold"}}),
    ],
)
def test_each_call_is_an_event(
    page: Page, path: str, message: dict[str, Any], event_type: str, properties: dict[str, Any]
):
    answer = page.post(path, {"userId": "u", "messageId": "m-1", **message})
    assert answer.status_code == 200
    assert answer.json() == {"success": True, "messageId": "m-1"}
    CollectedOut.model_validate(answer.json())
    (event,) = page.kafka.events()
    assert (event["event_id"], event["event_type"], event["properties"]) == ("m-1", event_type, properties)
    assert page.metric("shopstream_collector_accepted_total") == 1


def test_a_batch_is_answered_by_place_and_takes_the_good_ones(page: Page):
    batch = [{**CLICK, "messageId": "a"}, {"type": "track", "event": "click"}, CLICK, "odd"]
    answer = page.post("/v1/batch", {"batch": batch})
    assert answer.status_code == 200
    body = answer.json()
    BatchCollectedOut.model_validate(body)
    first, second, made, fourth = body["messageIds"]
    assert (first, second, fourth) == ("a", None, None)
    assert [event["event_id"] for event in page.kafka.events()] == ["a", made]
    assert body["accepted"] == 2
    assert [(one["index"], one["error_code"]) for one in body["refused"]] == [
        (1, "missing_field"),
        (3, "not_an_object"),
    ]
    assert page.metric('shopstream_collector_refused_total{reason="missing_field"}') == 1


def test_a_batch_without_a_good_event_is_a_400(page: Page):
    body = assert_problem(page.post("/v1/batch", {"batch": [{"type": "track"}]}), 400, "invalid-events")
    assert [one["index"] for one in body["refused"]] == [0]
    assert page.kafka.taken == []


def test_large_batches_keep_their_order(page: Page):
    batch = [{**CLICK, "messageId": f"m{number}"} for number in range(1000)]
    answer = page.post("/v1/batch", {"batch": batch})
    expected = [f"m{number}" for number in range(1000)]
    assert answer.json()["messageIds"] == expected
    assert [event.event_id for event, _ in page.kafka.taken] == expected


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Basic " + base64.b64encode(f"{KEY}:".encode()).decode()},
        {"Authorization": "basic " + base64.b64encode(f"{KEY}:ignored".encode()).decode()},
    ],
)
def test_the_key_is_a_basic_user_name(page: Page, headers: dict[str, str]):
    assert page.post("/v1/track", CLICK, key=None, headers=headers).status_code == 200


@pytest.mark.parametrize("path", PATHS)
def test_the_key_may_be_in_the_body_and_stays_out_of_the_event(page: Page, path: str):
    body = {"batch": [CLICK]} if path == "/v1/batch" else CLICK
    assert page.post(path, {**body, "writeKey": KEY}, key=None).status_code == 200
    assert KEY.encode() not in page.kafka.taken[0][1]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "authorization,in_body",
    [
        (None, None),
        (None, "wrong"),
        (None, 7),
        ("Basic " + base64.b64encode(b"wrong:").decode(), None),
        # The header decides: a key in the body does not mend it.
        ("Basic " + base64.b64encode(b"wrong:").decode(), KEY),
        ("Basic ???", KEY),
        ("Basic " + base64.b64encode(b"\xff\xfe:").decode(), KEY),
        ("Bearer local-development-key", None),
    ],
)
def test_without_an_accepted_key_it_is_a_401(page: Page, path: str, authorization: str | None, in_body: object):
    headers = {"Authorization": authorization} if authorization else {}
    body = {"batch": [CLICK], **CLICK} | ({"writeKey": in_body} if in_body else {})
    answer = page.post(path, body, key=None, headers=headers)
    assert_problem(answer, 401, "unauthorized")
    assert answer.headers["www-authenticate"].startswith("Basic ")
    assert page.kafka.taken == []
    assert page.metric('shopstream_collector_calls_refused_total{reason="unauthorized"}') == 1


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b'{"a": NaN}', b'"x"'])
def test_what_is_no_json_object_is_a_400(page: Page, path: str, content: bytes):
    assert_problem(page.post(path, content), 400, "malformed")


@pytest.mark.parametrize("body", [{}, {"batch": {}}, {"batch": [CLICK], "context": "web"}])
def test_what_is_no_batch_is_a_400(page: Page, body: dict[str, Any]):
    assert_problem(page.post("/v1/batch", body), 400, "malformed")


def test_an_invalid_event_is_a_400_that_says_why_without_its_values(page: Page):
    answer = page.post("/v1/track", {"event": "Order Completed", "userId": "secret", "properties": {"total": "9.9"}})
    body = assert_problem(answer, 400, "invalid-event")
    assert body["error_code"] == "bad_value"
    assert "properties.total of purchase" in body["detail"]
    assert "secret" not in answer.text and "9.9" not in answer.text


@pytest.mark.parametrize("content_type", ["application/json", "text/plain;charset=UTF-8", "Application/JSON; a=b"])
def test_json_may_come_as_plain_text(page: Page, content_type: str):
    content = json.dumps(CLICK).encode()
    assert page.post("/v1/track", content, headers={"Content-Type": content_type}).status_code == 200
    assert page.post("/v1/track", content).status_code == 200


@pytest.mark.parametrize("header", [{"Content-Type": "application/x-www-form-urlencoded"}, {"Content-Encoding": "br"}])
def test_other_bodies_are_a_415(page: Page, header: dict[str, str]):
    assert_problem(page.post("/v1/track", b"{}", headers=header), 415, "unsupported-media-type")


def test_gzip_is_read(page: Page):
    packed = gzip.compress(json.dumps({"batch": [CLICK] * 50}).encode())
    answer = page.post("/v1/batch", packed, headers={"Content-Encoding": "gzip"})
    assert answer.json()["accepted"] == 50
    bomb = gzip.compress(b" " * 600 * 1024)
    assert_problem(page.post("/v1/batch", bomb, headers={"Content-Encoding": "gzip"}), 413, "too-large")
    assert_problem(page.post("/v1/batch", packed[:-9], headers={"Content-Encoding": "gzip"}), 400, "malformed")


def padded(document: dict[str, Any], size: int) -> bytes:
    """The document in JSON with blanks up to a size in bytes."""
    text = json.dumps(document).encode()
    return text + b" " * (size - len(text))


def in_chunks(content: bytes) -> Iterator[bytes]:
    """A body whose length no header tells."""
    for begin in range(0, len(content), 10_000):
        yield content[begin : begin + 10_000]


@pytest.mark.parametrize("told", [bytes, in_chunks])
@pytest.mark.parametrize(
    "path,body,limit",
    [("/v1/track", CLICK, 32 * 1024), ("/v1/page", CLICK, 32 * 1024), ("/v1/batch", {"batch": [CLICK]}, 500 * 1024)],
)
def test_a_body_at_the_limit_is_taken_and_a_byte_more_is_a_413(
    page: Page, path: str, body: dict[str, Any], limit: int, told: Callable[[bytes], Any]
):
    assert page.post(path, told(padded(body, limit))).status_code == 200
    assert_problem(page.post(path, told(padded(body, limit + 1))), 413, "too-large")
    assert len(page.kafka.taken) == 1


def test_an_event_of_a_batch_may_have_32_kb_too(page: Page):
    def sized(size: int) -> dict[str, Any]:
        empty = {**CLICK, "properties": {"text": ""}}
        return {**CLICK, "properties": {"text": "x" * (size - len(json.dumps(empty, separators=(",", ":"))))}}

    answer = page.post("/v1/batch", {"batch": [sized(32 * 1024), sized(32 * 1024 + 1)]})
    assert [(one["index"], one["error_code"]) for one in answer.json()["refused"]] == [(1, "too_large")]
    assert len(page.kafka.taken) == 1


def test_above_the_rate_it_is_a_429_that_says_when(tmp_path: Path, kafka: FakeKafka):
    with serving(tmp_path, kafka, write_keys="one,two", collector_rate=0.5, collector_burst=10) as page:
        assert page.post("/v1/batch", {"batch": [CLICK] * 10}, key="one").status_code == 200
        answer = page.post("/v1/batch", {"batch": [CLICK] * 3}, key="one")
        assert_problem(answer, 429, "rate-limited")
        assert answer.headers["retry-after"] in ("5", "6")
        assert page.post("/v1/track", CLICK, key="two").status_code == 200
        assert len(kafka.taken) == 11
        assert page.metric('shopstream_collector_calls_refused_total{reason="rate_limited"}') == 1


def in_background(call: Callable[[], httpx.Response]) -> tuple[threading.Thread, list[httpx.Response]]:
    answers: list[httpx.Response] = []
    thread = threading.Thread(target=lambda: answers.append(call()))
    thread.start()
    return thread, answers


def test_it_answers_only_when_kafka_has_every_event(page: Page, kafka: FakeKafka):
    kafka.at_once = False
    thread, answers = in_background(lambda: page.post("/v1/batch", {"batch": [CLICK, CLICK]}))
    wait_until(lambda: len(kafka.waiting) == 2)
    assert page.metric("shopstream_collector_in_flight") == 2
    first, second = kafka.waiting
    kafka.waiting = [first]
    kafka.acknowledge()
    assert page.client.get("/healthz").status_code == 200
    assert answers == []
    kafka.waiting = [second]
    kafka.acknowledge()
    thread.join(5)
    assert answers[0].status_code == 200
    assert page.metric("shopstream_collector_in_flight") == 0


def test_too_many_in_flight_is_a_429(tmp_path: Path, kafka: FakeKafka):
    with serving(tmp_path, kafka, collector_in_flight=3) as page:
        kafka.at_once = False
        thread, answers = in_background(lambda: page.post("/v1/batch", {"batch": [CLICK] * 5}))
        wait_until(lambda: len(kafka.waiting) == 5)
        refused = page.post("/v1/track", CLICK)
        assert_problem(refused, 429, "too-many-in-flight")
        assert refused.headers["retry-after"] == "1"
        kafka.at_once = True
        kafka.acknowledge()
        thread.join(5)
        assert answers[0].status_code == 200
        assert page.post("/v1/track", CLICK).status_code == 200


def test_bytes_in_flight_are_bounded_too(tmp_path: Path, kafka: FakeKafka, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SHOPSTREAM_PRODUCER_BUFFER_BYTES", "2000")
    with serving(tmp_path, kafka) as page:
        kafka.at_once = False
        thread, answers = in_background(lambda: page.post("/v1/batch", {"batch": [CLICK] * 5}))
        wait_until(lambda: len(kafka.waiting) == 5)
        assert_problem(page.post("/v1/batch", {"batch": [CLICK] * 5}), 429, "too-many-in-flight")
        kafka.acknowledge()
        thread.join(5)
        assert answers[0].status_code == 200


def test_kafka_away_is_a_503_and_health_says_so(tmp_path: Path, kafka: FakeKafka):
    kafka.away = True
    with serving(tmp_path, kafka) as page:
        answer = page.post("/v1/track", CLICK)
        assert_problem(answer, 503, "kafka-away")
        assert answer.headers["retry-after"] == "1"
        assert page.client.get("/healthz").status_code == 200
        wait_until(lambda: page.problem() == "Kafka does not answer at here.")
        kafka.away = False
        wait_until(lambda: page.post("/v1/track", CLICK).status_code == 200)
        assert page.problem() is None
        assert page.metric('shopstream_collector_kafka_failures_total{reason="away"}') >= 1


def test_a_delivery_that_fails_is_a_503(page: Page, kafka: FakeKafka):
    kafka.failure = "KafkaTimeoutError"
    answer = page.post("/v1/batch", {"batch": [CLICK, CLICK]})
    assert_problem(answer, 503, "not-acknowledged")
    assert answer.headers["retry-after"] == "1"
    assert page.problem() == "events do not reach Kafka: KafkaTimeoutError"
    assert page.metric("shopstream_collector_in_flight") == 0
    assert page.metric('shopstream_collector_kafka_failures_total{reason="not_acknowledged"}') == 1
    assert page.metric("shopstream_collector_accepted_total") == 0
    kafka.failure = None
    assert page.post("/v1/track", CLICK).status_code == 200


def test_no_answer_of_kafka_in_time_is_a_503_and_the_producer_is_replaced(tmp_path: Path, kafka: FakeKafka):
    with serving(tmp_path, kafka, collector_acknowledge_seconds=1) as page:
        kafka.at_once = False
        assert_problem(page.post("/v1/batch", {"batch": [CLICK, CLICK]}), 503, "not-acknowledged")
        wait_until(lambda: (kafka.connections, kafka.closed) == (2, 1))
        wait_until(lambda: page.metric("shopstream_collector_in_flight") == 0)
        kafka.acknowledge()  # too late: it was written off
        kafka.at_once = True
        assert page.post("/v1/track", CLICK).status_code == 200
        assert page.metric("shopstream_collector_in_flight") == 0


def test_while_kafka_is_away_again_a_call_does_not_wait(tmp_path: Path, kafka: FakeKafka):
    with serving(tmp_path, kafka, collector_acknowledge_seconds=1) as page:
        kafka.at_once, kafka.away = False, True
        assert_problem(page.post("/v1/track", CLICK), 503, "not-acknowledged")
        assert_problem(page.post("/v1/track", CLICK), 503, "kafka-away")


def test_one_late_event_among_others_does_not_replace_the_producer(tmp_path: Path, kafka: FakeKafka):
    with serving(tmp_path, kafka, collector_acknowledge_seconds=1) as page:
        kafka.at_once = False
        thread, answers = in_background(lambda: page.post("/v1/track", CLICK))
        wait_until(lambda: len(kafka.waiting) == 1)
        late, kafka.waiting = kafka.waiting, []
        kafka.at_once = True
        assert page.post("/v1/track", CLICK).status_code == 200
        thread.join(5)
        assert_problem(answers[0], 503, "not-acknowledged")
        # It is under way until the producer says what became of it.
        assert page.metric("shopstream_collector_in_flight") == 1
        assert page.post("/v1/track", CLICK).status_code == 200
        kafka.waiting = late
        kafka.acknowledge()
        wait_until(lambda: page.metric("shopstream_collector_in_flight") == 0)
        assert (kafka.connections, kafka.closed) == (1, 0)


def test_a_broken_producer_is_replaced(page: Page, kafka: FakeKafka):
    kafka.broken = True
    assert_problem(page.post("/v1/batch", {"batch": [CLICK, CLICK]}), 503, "not-acknowledged")
    kafka.broken = False
    wait_until(lambda: page.post("/v1/track", CLICK).status_code == 200)
    assert (kafka.connections, kafka.closed) == (2, 1)
    assert page.metric("shopstream_collector_in_flight") == 0


def test_it_closes_the_producer_at_the_end(tmp_path: Path, kafka: FakeKafka):
    with serving(tmp_path, kafka):
        pass
    assert kafka.closed == 1


@pytest.mark.parametrize("path", PATHS)
def test_pages_of_a_listed_origin_may_call(page: Page, path: str):
    asked = {
        "Origin": ORIGIN,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }
    preflight = page.client.options(path, headers=asked)
    assert (preflight.status_code, preflight.content) == (204, b"")
    assert preflight.headers["access-control-allow-origin"] == ORIGIN
    assert preflight.headers["access-control-allow-methods"] == "POST"
    assert preflight.headers["access-control-allow-headers"] == "Authorization, Content-Type"
    assert preflight.headers["access-control-max-age"] == "7200"
    assert preflight.headers["vary"] == "Origin"
    body = {"batch": [CLICK], **CLICK}
    # A page must be able to read errors too, or it could not tell when to try again.
    for answer in (
        page.post(path, body, headers={"Origin": ORIGIN}),
        page.post(path, b"{", headers={"Origin": ORIGIN}),
    ):
        assert answer.headers["access-control-allow-origin"] == ORIGIN
        assert "Retry-After" in answer.headers["access-control-expose-headers"]
        assert answer.headers["vary"] == "Origin"


@pytest.mark.parametrize("origin", ["https://evil.example", "http://shop.example", f"{ORIGIN}.evil.example", "null"])
def test_pages_of_other_origins_may_not(page: Page, origin: str):
    preflight = page.client.options("/v1/batch", headers={"Origin": origin, "Access-Control-Request-Method": "POST"})
    assert_problem(preflight, 403, "origin-not-listed")
    answer = page.post("/v1/track", CLICK, headers={"Origin": origin})
    for one in (preflight, answer):
        assert "access-control-allow-origin" not in one.headers
        assert one.headers["vary"] == "Origin"


def test_a_star_lists_every_origin_and_nothing_lists_none(tmp_path: Path, kafka: FakeKafka):
    with serving(tmp_path, kafka, collector_origins="*") as page:
        answer = page.client.options("/v1/batch", headers={"Origin": "https://any.example"})
        assert answer.headers["access-control-allow-origin"] == "https://any.example"
    with serving(tmp_path, FakeKafka()) as page:
        assert page.client.options("/v1/batch", headers={"Origin": ORIGIN}).status_code == 403


def test_scores_are_not_for_pages(page: Page):
    answer = page.client.get("/healthz", headers={"Origin": ORIGIN})
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("proxies,address", [("", "10.1.2.3"), ("10.0.0.0/8", "1.2.3.4")])
def test_the_client_s_address_and_browser_come_with_the_event(
    tmp_path: Path, kafka: FakeKafka, proxies: str, address: str
):
    with serving(tmp_path, kafka, peer="10.1.2.3", collector_trusted_proxies=proxies) as page:
        page.post("/v1/track", CLICK, headers={"X-Forwarded-For": "1.2.3.4", "User-Agent": "Mozilla"})
        (event,) = kafka.events()
        assert event["context"] == {"library": "http", "ip_address": address, "user_agent": "Mozilla"}


def test_the_tracker_is_served(page: Page):
    answer = page.client.get("/tracker.js")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["cache-control"] == "public, max-age=3600"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "sendBeacon" in answer.text
    for known in (answer.headers["etag"], f'"x", W/{answer.headers["etag"]}'):
        again = page.client.get("/tracker.js", headers={"If-None-Match": known})
        assert (again.status_code, again.content) == (304, b"")
    assert page.client.get("/tracker.js", headers={"If-None-Match": '"x"'}).status_code == 200


def test_production_without_write_keys_collects_nothing(tmp_path: Path, kafka: FakeKafka):
    kafka.away = True
    with serving(tmp_path, kafka, env="production", api_keys="k") as page:
        assert_problem(page.post("/v1/track", CLICK), 401, "unauthorized")
        assert page.problem() == "no write key is set: set SHOPSTREAM_WRITE_KEYS"


def test_the_calls_are_documented(page: Page):
    paths = page.client.get("/openapi.json").json()["paths"]
    for path in PATHS:
        post = paths[path]["post"]
        assert set(post["requestBody"]["content"]) == {"application/json", "text/plain"}
        assert {"200", "400", "401", "413", "415", "429", "503"} <= set(post["responses"])
        assert "options" not in paths[path]


scalars = st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False) | st.text(max_size=8)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
messages = values | st.fixed_dictionaries(
    {"type": st.sampled_from(["track", "page", "identify"]) | values},
    optional=dict.fromkeys(("userId", "anonymousId", "messageId", "event", "timestamp", "sentAt"), values)
    | dict.fromkeys(("properties", "traits", "context"), st.dictionaries(st.text(max_size=8), values, max_size=3)),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50)
@given(batch=st.lists(messages, max_size=6), path=st.sampled_from(PATHS))
def test_any_json_is_accounted_for_message_by_message(page: Page, batch: list[Any], path: str):
    page.kafka.taken.clear()
    if path == "/v1/batch":
        content = json.dumps({"batch": batch}).encode()
    else:
        content = json.dumps(batch[0] if batch else None).encode()
    answer = page.post(path, content)
    events = page.kafka.events()  # not one of them is a dead letter
    assert answer.status_code in (200, 400), answer.text
    if answer.status_code == 400:
        assert events == []
    elif path == "/v1/batch":
        body = answer.json()
        refused = {one["index"] for one in body["refused"]}
        assert [event["event_id"] for event in events] == [one for one in body["messageIds"] if one is not None]
        assert {index for index, one in enumerate(body["messageIds"]) if one is None} == refused
        assert body["accepted"] + len(refused) == len(batch)
    else:
        assert [event["event_id"] for event in events] == [answer.json()["messageId"]]
