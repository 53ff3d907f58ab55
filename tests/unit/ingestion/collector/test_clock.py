from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.collector.clock import TOLERANCE, happened_at
from ingestion.collector.receipt import Receipt
from ingestion.verdict import Rejection

RECEIVED = datetime(2026, 11, 1, 12, 0, 0, 500, UTC)
RECEIPT = Receipt(RECEIVED)


def at(hours: float) -> str:
    """A text ``hours`` after the receipt."""
    return (RECEIVED + timedelta(hours=hours)).isoformat()


@pytest.mark.parametrize(
    "message,hours",
    [
        ({}, 0),
        ({"timestamp": None, "sentAt": ""}, 0),
        ({"sentAt": at(5)}, 0),
        ({"timestamp": at(-3)}, -3),
        ({"originalTimestamp": at(-3)}, -3),
        ({"timestamp": at(-2), "originalTimestamp": at(-3)}, -2),
        # A clock that is a day ahead, an event that waited for an hour.
        ({"timestamp": at(23), "sentAt": at(24)}, -1),
        # A clock that is a year behind.
        ({"timestamp": at(-8761), "sentAt": at(-8760)}, -1),
        ({"originalTimestamp": at(23), "timestamp": at(0), "sentAt": at(24)}, -1),
        # The device's clock was set back in between.
        ({"timestamp": at(2), "sentAt": at(-2)}, 0),
        ({"timestamp": at(0.06)}, 0.06),
    ],
)
def test_time_is_that_of_our_clock(message: dict[str, object], hours: float) -> None:
    assert happened_at(message, RECEIPT) == RECEIVED + timedelta(hours=hours)


def test_a_batch_s_sent_at_counts_where_a_message_has_none() -> None:
    receipt = Receipt(RECEIVED, sent_at=at(24))
    assert happened_at({"timestamp": at(23)}, receipt) == RECEIVED - timedelta(hours=1)
    assert happened_at({"timestamp": at(23), "sentAt": at(25)}, receipt) == RECEIVED - timedelta(hours=2)


@pytest.mark.parametrize(
    "message,code,word",
    [
        ({"timestamp": "yesterday"}, "bad_timestamp", "timestamp is not"),
        ({"timestamp": 1_700_000_000}, "bad_timestamp", "timestamp is not"),
        ({"timestamp": at(-1), "sentAt": "2026-13-01T00:00:00Z"}, "bad_timestamp", "sentAt is not"),
        ({"timestamp": at(0.07)}, "future_timestamp", "more than 4 minutes"),
    ],
)
def test_what_is_no_time_is_named(message: dict[str, object], code: str, word: str) -> None:
    found = happened_at(message, RECEIPT)
    assert isinstance(found, Rejection)
    assert found.error_code == code
    assert word in found.message


@given(
    skew=st.timedeltas(min_value=timedelta(days=-10_000), max_value=timedelta(days=10_000)),
    waited=st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=30)),
)
def test_any_skew_of_a_device_s_clock_cancels_out(skew: timedelta, waited: timedelta) -> None:
    device = RECEIVED + skew
    message = {"timestamp": (device - waited).isoformat(), "sentAt": device.isoformat()}
    happened = happened_at(message, RECEIPT)
    assert isinstance(happened, datetime)
    if abs(skew) > TOLERANCE:
        assert happened == RECEIVED - waited
    else:
        assert happened == min(device - waited, RECEIVED)


@given(
    apart=st.timedeltas(min_value=timedelta(0), max_value=timedelta(seconds=3)),
    transits=st.lists(st.timedeltas(min_value=timedelta(0), max_value=TOLERANCE), min_size=2, max_size=2),
)
def test_steps_of_a_session_stay_in_order_however_long_each_call_took(
    apart: timedelta, transits: list[timedelta]
) -> None:
    first, second = (
        happened_at({"timestamp": step.isoformat(), "sentAt": step.isoformat()}, Receipt(step + transit))
        for step, transit in zip((RECEIVED, RECEIVED + apart), transits, strict=True)
    )
    assert isinstance(first, datetime)
    assert isinstance(second, datetime)
    assert second - first == apart
