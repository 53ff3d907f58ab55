"""Who the users are, by the most that one of their orders was worth."""

from nicegui import ui

from serving.dashboard import theme, words
from serving.dashboard.choice import Choice
from serving.dashboard.panels.panel import Panel
from serving.shop.answer import ShopAnswer
from serving.shop.period import Period
from serving.shop.shop_metrics import Question

_NAMES = {
    "high_value": "order above 100",
    "medium_value": "order above 50",
    "low_value": "smaller orders",
    "no_order": "no order",
}


class Segments(Panel):
    """A stacked bar and a line of words for each."""

    title = "User segments"
    hint = "by the largest order"

    def build(self) -> None:
        """Make the place of the bar."""
        self._body = ui.column().classes("w-full gap-3")

    async def load(self, choice: Choice, period: Period) -> list[ShopAnswer]:
        """Ask for the whole period."""
        del choice
        answer = await self.shop.ask(Question("segments", period, "total"))
        self._body.clear()
        with self._body:
            if not answer.rows:
                ui.label("No known user in this period.").classes("opacity-70")
                return [answer]
            with ui.row().classes("w-full no-wrap gap-0.5 h-5"):
                for row, colour in zip(answer.rows, theme.SERIES, strict=False):
                    ui.element("div").classes("h-5 rounded-sm").style(
                        f"flex:{row['share_of_users']:.4f} 0 2px;background:{colour}"
                    )
            for row, colour in zip(answer.rows, theme.SERIES, strict=False):
                with (
                    ui.row()
                    .classes("w-full items-center no-wrap text-sm gap-2")
                    .props(f'data-test="segment-{row["segment"]}" data-value={row["users"]}')
                ):
                    ui.element("span").classes("w-3 h-3 rounded-sm shrink-0").style(f"background:{colour}")
                    ui.label(_NAMES[row["segment"]]).classes("grow")
                    ui.label(f"{words.count(row['users'])} users")
                    ui.label(words.percent(row["share_of_users"])).classes("w-16 text-right opacity-70")
        return [answer]
