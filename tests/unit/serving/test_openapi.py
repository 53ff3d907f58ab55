"""Whatever a client sends that fits the interface's description, or nearly: no 5xx, and answers as described."""

import tempfile
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, given, settings

from deploy.stack.address import free_ports
from serving.settings import ScorerSettings
from tests.event_lake import write_lake
from tests.unit.serving.conftest import LOCAL_KEY, FakeProducer, FakeRegistry, FakeStore, make_app, wait_until

NOW = datetime.now(UTC).replace(tzinfo=None)


@pytest.fixture(scope="module")
def api() -> Iterator[Any]:
    """The description of a scorer that scores and whose lake has events; Kafka is away, which is a documented 503."""
    registry, store = FakeRegistry(), FakeStore()
    registry.promote("1", 0.25)
    store.rows["ann"] = (datetime(2026, 3, 1, tzinfo=UTC), {"purchases_24h": 5})
    with tempfile.TemporaryDirectory() as folder:
        chosen = ScorerSettings(state=Path(folder), redis="127.0.0.1:1", api_rate=1e6, api_burst=10**6)
        write_lake(
            Path(chosen.events_path),
            [
                {
                    "event_id": f"e{number}",
                    "event_type": "page_view",
                    "timestamp": NOW - timedelta(minutes=5 * number),
                    "user_id": "ann",
                    "session_id": "s",
                    "page": "home",
                }
                for number in range(9, 0, -1)
            ],
        )
        app = make_app(chosen, store, registry, FakeProducer())
        (port,) = free_ports(1)
        server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_config=None))
        thread = threading.Thread(target=server.run)
        thread.start()
        try:
            url = f"http://127.0.0.1:{port}"
            wait_until(lambda: server.started)
            wait_until(lambda: httpx.get(f"{url}/readyz").status_code == 200)
            yield schemathesis.openapi.from_url(f"{url}/openapi.json")
        finally:
            server.should_exit = True
            thread.join(30)


def test_no_call_that_fits_the_description_is_a_fault(api: Any) -> None:
    checks = schemathesis.specs.openapi.checks
    conform = (
        checks.status_code_conformance, checks.content_type_conformance, checks.response_schema_conformance
    )  # fmt: skip
    tried: dict[str, int] = {}

    def judge(case: Any) -> None:
        label = f"{case.method} {case.path}"
        tried[label] = tried.get(label, 0) + 1
        answer = case.call(headers={**(case.headers or {}), **LOCAL_KEY})
        away = answer.status_code == 503 and "retry-after" in answer.headers
        assert answer.status_code < 500 or away, f"{label}: {answer.text}"
        case.validate_response(answer, checks=conform)

    some = settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    for found in api.get_all_operations():
        some(given(case=found.ok().as_strategy())(judge))()
    assert {"POST /v1/score", "POST /v1/score/batch", "GET /v1/metrics/{result}", "POST /v1/track"} <= set(tried)
    assert len(tried) > 12
    assert min(tried.values()) >= 1
