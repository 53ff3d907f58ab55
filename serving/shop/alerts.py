"""The alerts of the stream, as Redis has them: of the last 48 hours."""

from serving.shop.answer import ShopAnswer
from serving.shop.live import LiveWindows
from serving.shop.period import Period

NAME = "anomalies"
COLUMNS = (
    *("window_start", "ended_at", "alert_id", "event_type", "kind", "direction", "status", "value", "peak", "peak_at"),
    *("expected_low", "expected_high", "score", "event_count", "unique_users", "events_per_user", "reason"),
)


def alerts(period: Period, live: LiveWindows, limit: int) -> ShopAnswer:
    """Return the alerts that began in the period, newest first, but not those withdrawn."""
    _, rows, problem = live.read(NAME, period)
    found = [{name: row.get(name) for name in COLUMNS} for row in rows if row["status"] != "withdrawn"]
    found.sort(key=lambda row: (row["window_start"], row["alert_id"]), reverse=True)
    problems = [problem] if problem else []
    return ShopAnswer(NAME, period, "window", COLUMNS, found[:limit], len(found) > limit, problems)
