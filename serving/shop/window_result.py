"""The results that come in windows, under the names that the API gives their columns."""

from dataclasses import dataclass
from datetime import timedelta

from flink_jobs.live.live_store import SIZES


@dataclass(frozen=True, slots=True)
class WindowResult:
    """A result whose rows are a window and a value of ``dimension``; ``sql/<name>.sql`` has the events behind it.

    ``events``, ``amount``, ``ids`` and ``words`` are the columns for the number of events, the sum of their amounts,
    the distinct ids among them and the distinct words.
    """

    name: str
    dimension: str
    events: str
    amount: str | None = None
    ids: str | None = None
    words: str | None = None
    mean: str | None = None
    """The amount by the events."""

    @property
    def window(self) -> timedelta:
        """Length of a window."""
        return SIZES[self.name]

    def columns(self) -> dict[str, str]:
        """Return the measures by their general name, in the order in which they are shown."""
        found = {"amount": self.amount, "events": self.events, "mean": self.mean, "ids": self.ids, "words": self.words}
        return {general: name for general, name in found.items() if name}


WINDOW_RESULTS = {
    result.name: result
    for result in (
        WindowResult("page_views", "page", events="page_views", ids="unique_users"),
        WindowResult("revenue", "currency", events="transaction_count", amount="total_revenue", mean="avg_order_value"),
        WindowResult("user_activity", "user_id", events="event_count", ids="session_count", words="event_types"),
        WindowResult("funnel_stages", "stage", events="count", ids="unique_users"),
    )
}
