"""The ordered funnel: users, rates, time to convert."""

from nicegui import ui

from serving.dashboard import words
from serving.dashboard.choice import Choice
from serving.dashboard.panels.panel import Panel
from serving.shop.answer import ShopAnswer
from serving.shop.period import Period
from serving.shop.shop_metrics import Question


class Funnel(Panel):
    """A bar a step, with its words: readable without seeing the bars."""

    title = "Conversion funnel"
    hint = "steps in order, each user once"

    def build(self) -> None:
        """Make the place of the bars."""
        self._steps = ui.column().classes("w-full gap-3")

    async def load(self, choice: Choice, period: Period) -> list[ShopAnswer]:
        """Ask for the whole period."""
        del choice
        answer = await self.shop.ask(Question("funnel_conversions", period, "total"))
        self._steps.clear()
        with self._steps:
            if not answer.rows:
                ui.label("Nobody took the first step in this period.").classes("opacity-70")
            for row in answer.rows:
                self._bar(row)
        return [answer]

    @staticmethod
    def _bar(row: dict[str, object]) -> None:
        users, share = float(str(row["users"])), float(str(row["overall_rate"]))
        name = str(row["step_name"]).replace("_", " ")
        with ui.column().classes("w-full gap-1").props(f'data-test="step-{row["step"]}" data-value={users:.0f}'):
            with ui.row().classes("w-full justify-between no-wrap text-sm"):
                ui.label(name).classes("font-medium")
                ui.label(f"{words.count(users)} users")
            with ui.element("div").classes("w-full h-3 rounded bg-slate-200 dark:bg-slate-700"):
                ui.element("div").classes("h-3 rounded bg-blue-600").style(f"width:{100 * share:.2f}%")
            if row["step"] != 1:
                seconds = None if row["median_seconds"] is None else float(str(row["median_seconds"]))
                told = (
                    f"{words.percent(float(str(row['step_rate'])))} of the step before,"
                    f" {words.percent(share)} of all; median {words.duration(seconds)}"
                )
                ui.label(told).classes("text-xs opacity-70")
