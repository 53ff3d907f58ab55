"""What the collector knows about a call beside its messages."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Receipt:
    """One call, which all of its messages share.

    ``received_at`` by our clock, with an offset. ``ip_address`` and ``user_agent`` are those of the
    connection: they stand in where a message names none. ``sent_at`` (as sent, not checked yet) and
    ``context`` are those of a batch; a message's own come first.
    """

    received_at: datetime
    ip_address: str | None = None
    user_agent: str | None = None
    sent_at: object = None
    context: Mapping[str, Any] = field(default_factory=dict)
