"""When a message's event happened, by our clock."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from ingestion.collector.receipt import Receipt
from ingestion.verdict import MAX_CLOCK_LEAD, Rejection, parse_timestamp

MAX_LEAD = MAX_CLOCK_LEAD - timedelta(minutes=1)
"""How far a timestamp may lie after its receipt: readers judge by Kafka's clock, which may be behind ours."""

TOLERANCE = timedelta(seconds=5)
"""What of receivedAt - sentAt the way to us may account for: so near, the device's clock is taken as right."""


# All messages of a batch share one text.
_sent = lru_cache(maxsize=64)(parse_timestamp)


def happened_at(message: Mapping[str, Any], receipt: Receipt) -> datetime | Rejection:
    """Return the event's time in UTC, corrected for a device's wrong clock, or why there is none.

    With ``sentAt``: receivedAt - (sentAt - originalTimestamp), where ``timestamp`` stands in for
    originalTimestamp; a difference below 0 counts as 0, because nothing is sent before it happens. Where
    receivedAt and sentAt agree within TOLERANCE, originalTimestamp as it is, at most receivedAt: correcting
    by the few milliseconds a call took, more for one than for the next, would swap the steps of a session.
    Without ``sentAt``: ``timestamp``, else ``originalTimestamp``, as it is. Without either: the time of
    receipt. Source of the formula: Segment's spec of the common fields, "Timestamps".
    """
    sent_at = message.get("sentAt") or receipt.sent_at
    given, original = message.get("timestamp"), message.get("originalTimestamp")
    stated = (original or given) if sent_at else (given or original)
    if not stated:
        return receipt.received_at
    moment = parse_timestamp(stated)
    if moment is None:
        return Rejection("bad_timestamp", "timestamp is not an ISO 8601 date and time of the years 1970 to 9999.")
    if sent_at:
        sent = _sent(sent_at) if isinstance(sent_at, str) else None
        if sent is None:
            return Rejection("bad_timestamp", "sentAt is not an ISO 8601 date and time of the years 1970 to 9999.")
        if abs(receipt.received_at - sent) <= TOLERANCE:
            return min(moment, receipt.received_at)
        try:
            return receipt.received_at - max(sent - moment, timedelta(0))
        except OverflowError:
            return Rejection("bad_timestamp", "timestamp lies too far before sentAt.")
    if moment - receipt.received_at > MAX_LEAD:
        minutes = MAX_LEAD // timedelta(minutes=1)
        return Rejection("future_timestamp", f"timestamp lies more than {minutes} minutes ahead; send sentAt too.")
    return moment
