"""The products that sell best."""

from nicegui import ui

from serving.dashboard import words
from serving.dashboard.choice import Choice
from serving.dashboard.panels.panel import Panel
from serving.shop.answer import ShopAnswer
from serving.shop.period import Period
from serving.shop.shop_metrics import Question

SHOWN = 10


class Products(Panel):
    """A table of the first ten."""

    title = "Top products"
    hint = "by revenue"

    def build(self) -> None:
        """Make the table, empty."""
        names = {"product_id": "product", "revenue": "revenue", "units": "units", "views": "views", "carts": "in carts"}
        columns = [
            {"name": name, "label": label, "field": name, "align": "left" if name == "product_id" else "right"}
            for name, label in names.items()
        ]
        self._table = ui.table(columns=columns, rows=[], row_key="product_id").classes("w-full")
        self._table.props('dense flat no-data-label="No product in this period."')

    async def load(self, choice: Choice, period: Period) -> list[ShopAnswer]:
        """Ask for the whole period."""
        del choice
        answer = await self.shop.ask(Question("products", period, "total", limit=1000))
        rows = [
            {
                "product_id": row["product_id"],
                "revenue": words.money(row["revenue"], "USD").lstrip("$"),
                "units": words.count(row["units"]),
                "views": words.count(row["views"]),
                "carts": words.count(row["carts"]),
            }
            for row in answer.rows[:SHOWN]
        ]
        if rows != self._table.rows:
            self._table.rows = rows
        return [answer]
