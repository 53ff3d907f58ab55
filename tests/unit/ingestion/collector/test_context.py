from datetime import UTC, datetime
from typing import Any

import pytest

from ingestion.collector.context import context_of
from ingestion.collector.receipt import Receipt

BARE = Receipt(datetime(2026, 11, 1, tzinfo=UTC))
CONNECTION = Receipt(datetime(2026, 11, 1, tzinfo=UTC), ip_address="10.0.0.1", user_agent="curl/8")


@pytest.mark.parametrize(
    "given,expected",
    [
        ({}, {"library": "http"}),
        ({"library": {"name": "analytics.js", "version": "2.1"}}, {"library": "analytics.js", "version": "2.1"}),
        ({"library": "mine", "version": "3"}, {"library": "mine", "version": "3"}),
        ({"device": {"type": "ios"}}, {"library": "http", "device": "ios"}),
        (
            {"device": {"type": "ios", "model": "iPhone7,2"}},
            {"library": "http", "device": "ios", "device_details": {"model": "iPhone7,2"}},
        ),
        ({"device": "tablet"}, {"library": "http", "device": "tablet"}),
        ({"location": {"country": "NL"}}, {"library": "http", "location": {"country": "NL"}, "country": "NL"}),
        (
            {"country": "DE", "location": {"country": "NL"}},
            {"library": "http", "location": {"country": "NL"}, "country": "DE"},
        ),
        (
            {"userAgent": "Mozilla", "ip": "8.8.8.8"},
            {"library": "http", "user_agent": "Mozilla", "ip_address": "8.8.8.8"},
        ),
        ({"sessionId": "s", "locale": "nl-NL"}, {"library": "http", "locale": "nl-NL"}),
    ],
)
def test_context_has_our_names(given: dict[str, Any], expected: dict[str, Any]) -> None:
    assert context_of(given, None, BARE) == expected


def test_the_connection_stands_in() -> None:
    assert context_of({}, "a-1", CONNECTION) == {
        "library": "http",
        "user_agent": "curl/8",
        "ip_address": "10.0.0.1",
        "anonymous_id": "a-1",
    }
    own = {"userAgent": "Mozilla", "ip": "8.8.8.8"}
    assert context_of(own, None, CONNECTION) == {"library": "http", "user_agent": "Mozilla", "ip_address": "8.8.8.8"}
