"""The alerts of the period."""

from nicegui import ui

from serving.dashboard import words
from serving.dashboard.choice import Choice
from serving.dashboard.panels.panel import Panel
from serving.shop.answer import ShopAnswer
from serving.shop.period import Period
from serving.shop.shop_metrics import Question

SHOWN = 8


class Alerts(Panel):
    """Newest first, each with its reason."""

    title = "Anomalies"
    hint = "alerts that began in this period"

    def build(self) -> None:
        """Make the place of the list."""
        self._body = ui.column().classes("w-full gap-2")

    async def load(self, choice: Choice, period: Period) -> list[ShopAnswer]:
        """Ask for the alerts that began in the period."""
        del choice
        answer = await self.shop.ask(Question("anomalies", period))
        self._body.clear()
        with self._body:
            if not answer.rows:
                ui.label("Nothing unusual.").classes("opacity-70")
            for row in answer.rows[:SHOWN]:
                with ui.row().classes("w-full items-start no-wrap gap-2 text-sm"):
                    ui.icon("trending_up" if row["direction"] == "high" else "trending_down").classes("text-red-600")
                    with ui.column().classes("gap-0 min-w-0"):
                        state = "now" if row["ended_at"] is None else "over"
                        ui.label(f"{row['event_type']}: {row['reason']}").classes("break-words")
                        ui.label(f"since {words.moment(row['window_start'])} UTC, {state}").classes(
                            "text-xs opacity-70"
                        )
            if len(answer.rows) > SHOWN:
                ui.label(f"and {len(answer.rows) - SHOWN} more").classes("text-xs opacity-70")
        return [answer]
