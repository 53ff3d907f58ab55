"""How many of those who came first in a week come again."""

from datetime import datetime
from typing import Any

from nicegui import ui

from serving.dashboard import words
from serving.dashboard.choice import Choice
from serving.dashboard.panels.panel import Panel
from serving.shop.answer import ShopAnswer
from serving.shop.period import Period
from serving.shop.shop_metrics import Question

WEEKS = 8
COHORTS = 12


class Cohorts(Panel):
    """A row a cohort, a column a week since."""

    title = "Weekly retention"
    hint = "of the users who first came in a week of this period"

    def build(self) -> None:
        """Make the place of the table."""
        self._body = ui.element("div").classes("w-full overflow-x-auto")

    async def load(self, choice: Choice, period: Period) -> list[ShopAnswer]:
        """Ask for the whole period."""
        del choice
        answer = await self.shop.ask(Question("cohorts", period, "total"))
        cohorts: dict[datetime, dict[int, dict[str, Any]]] = {}
        for row in answer.rows:
            cohorts.setdefault(row["cohort_week"], {})[row["week"]] = row
        self._body.clear()
        with self._body:
            if not cohorts:
                ui.label("No known user in this period.").classes("opacity-70")
                return [answer]
            weeks = min(WEEKS, max(row["week"] for row in answer.rows) + 1)
            with ui.element("table").classes("text-sm text-right"):
                with ui.element("thead"), ui.element("tr"):
                    for heading in ("week of", "users", *(f"+{week}" for week in range(1, weeks))):
                        with ui.element("th").classes("px-2 py-1 font-medium opacity-70").props("scope=col"):
                            ui.label(heading)
                with ui.element("tbody"):
                    for cohort, found in list(cohorts.items())[-COHORTS:]:
                        self._row(cohort, found, weeks)
        return [answer]

    @staticmethod
    def _row(cohort: datetime, found: dict[int, dict[str, Any]], weeks: int) -> None:
        with ui.element("tr"):
            with ui.element("th").classes("px-2 py-1 font-normal text-left whitespace-nowrap").props("scope=row"):
                ui.label(cohort.strftime("%d %b %Y"))
            with ui.element("td").classes("px-2 py-1"):
                ui.label(words.count(found[0]["users"]))
            for week in range(1, weeks):
                share = found[week]["retention"] if week in found else 0.0
                # White on more than half of the colour would be hard to read, so the ground stays light.
                style = f"background:rgba(37,99,235,{0.55 * share:.3f})"
                with ui.element("td").classes("px-2 py-1 rounded whitespace-nowrap").style(style):
                    ui.label(words.percent(share, 0) if week in found else "")
