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
                    self._values[name] = (
                        ui.label("–").classes("text-2xl font-semibold").props(f'data-test="card-{name}"')
                    )
                    self._changes[name] = ui.label(_HINTS.get(name, "")).classes("text-xs")

    async def refresh(self, period: Period) -> list[ShopAnswer]:
        """Ask for the period and the one before it; return the answers of the period.

        Amounts are those of the currency with the most orders: amounts of several cannot be added up.
        """
        now, before = await self._figures(period), await self._figures(period.before())
        rows = sorted(now[1].rows, key=lambda row: -row["transaction_count"])
        currency = str(rows[0]["currency"]) if rows else "USD"
        found, past = _cards(now, currency), _cards(before, currency)
        colours = {1: "text-green-700 dark:text-green-400", -1: "text-red-700 dark:text-red-400", 0: "opacity-70"}
        for name, label in self._values.items():
            label.set_text(_written(name, found[name], currency))
            label.props(f"data-value={'' if found[name] is None else repr(found[name])}")
            told, direction = words.change(found[name], past[name])
            if len(rows) > 1 and name in ("revenue", "avg_order_value"):
                told = f"{told}; orders in {currency} only"
            self._changes[name].set_text(told)
            self._changes[name].classes(replace=f"text-xs {colours[direction]}")
        return list(now)

    async def _figures(self, period: Period) -> tuple[ShopAnswer, ShopAnswer]:
        summary = await self._shop.ask(Question("summary", period, "total"))
        return summary, await self._shop.ask(Question("revenue", period, "total"))


def _cards(answers: tuple[ShopAnswer, ShopAnswer], currency: str) -> dict[str, Any]:
    summary, revenue = answers
    money: dict[str, Any] = next((row for row in revenue.rows if row["currency"] == currency), {})
    return {
        "revenue": money.get("total_revenue", 0.0),
        "active_users": summary.rows[0]["active_users"],
        "conversion_rate": summary.rows[0]["conversion_rate"],
        "avg_order_value": money.get("avg_order_value"),
    }


def _written(name: str, value: Any, currency: str) -> str:
    if name == "active_users":
        return words.count(value)
    return words.percent(value) if name == "conversion_rate" else words.money(value, currency)
