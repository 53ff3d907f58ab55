"""A message's ``context`` under the names of our events."""

from collections.abc import Mapping
from typing import Any

from ingestion.collector.receipt import Receipt

_RENAMED = frozenset({"sessionId", "session_id", "library", "device", "userAgent", "ip"})


def context_of(given: Mapping[str, Any], anonymous_id: object, receipt: Receipt) -> dict[str, Any]:
    """Return the event's context; what our events have no name for stays as it is."""
    context = {name: value for name, value in given.items() if name not in _RENAMED}
    library = given.get("library")
    if isinstance(library, dict):
        context |= {
            ours: library[theirs] for ours, theirs in (("library", "name"), ("version", "version")) if theirs in library
        }
    else:
        context["library"] = library or "http"
    device = given.get("device")
    if isinstance(device, dict):
        context["device"] = device.get("type")
        details = {name: value for name, value in device.items() if name != "type"}
        if details:
            context["device_details"] = details
    elif device is not None:
        context["device"] = device
    location = given.get("location")
    if context.get("country") is None and isinstance(location, dict) and location.get("country"):
        context["country"] = location["country"]
    for ours, value in (
        ("user_agent", given.get("userAgent") or context.get("user_agent") or receipt.user_agent),
        ("ip_address", given.get("ip") or context.get("ip_address") or receipt.ip_address),
        ("anonymous_id", anonymous_id),
    ):
        if value is not None:
            context[ours] = value
    return context
