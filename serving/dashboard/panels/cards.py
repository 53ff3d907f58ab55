"""The four figures of a period, each against the period before."""

from typing import Any

from nicegui import ui

from serving.dashboard import words
from serving.shop.answer import ShopAnswer
from serving.shop.period import Period
from serving.shop.shop_metrics import Question, ShopMetrics

_NAMES = {
    "revenue": "Revenue",
    "active_users": "Active users",
    "conversion_rate": "Conversion rate",
    "avg_order_value": "Average order value",
}
_HINTS = {"conversion_rate": "sessions with an order"}


class Cards:
    """A row of cards."""

    def __init__(self, shop: ShopMetrics) -> None:
        self._shop = shop
        self._values: dict[str, ui.label] = {}
        self._changes: dict[str, ui.label] = {}
        with ui.element("div").classes("w-full grid grid-cols-2 lg:grid-cols-4 gap-4"):
            for name, title in _NAMES.items():
                with ui.card().classes("gap-1 min-w-0").props(f'role=group aria-label="{title}"'):
                    ui.label(title).classes("text-sm opacity-70")
                    self._values[name] = ui.label("–").classes("text-2xl font-semibold").mark(f"card-{name}")
                    self._changes[name] = ui.label(_HINTS.get(name, "")).classes("text-xs")

    async def refresh(self, period: Period) -> list[ShopAnswer]:
        """Ask for the period and the one before it; return the answers, that of the period first."""
        now = await self._shop.ask(Question("summary", period, "total"))
        before = await self._shop.ask(Question("summary", period.before(), "total"))
        currencies = await self._shop.ask(Question("revenue", period, "total"))
        found, past = now.rows[0], before.rows[0]
        rows = sorted(currencies.rows, key=lambda row: -row["transaction_count"])
        currency = str(rows[0]["currency"]) if rows else "USD"
        for name, label in self._values.items():
            label.set_text(_written(name, found[name], currency))
            label.props(f"data-value={'' if found[name] is None else repr(found[name])}")
            told, direction = words.change(found[name], past[name])
            if len(rows) > 1 and name in ("revenue", "avg_order_value"):
                told = f"{told}; {len(rows)} currencies added up"
            colour = {1: "text-green-700 dark:text-green-400", -1: "text-red-700 dark:text-red-400", 0: "opacity-70"}
            self._changes[name].set_text(told)
            self._changes[name].classes(replace=f"text-xs {colour[direction]}")
        return [now, currencies]


def _written(name: str, value: Any, currency: str) -> str:
    if name == "active_users":
        return words.count(value)
    return words.percent(value) if name == "conversion_rate" else words.money(value, currency)
