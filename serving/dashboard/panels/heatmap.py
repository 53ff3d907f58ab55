"""When the shop is used: weekday by hour."""

from typing import Any

from nicegui import ui

from serving.dashboard import theme, words
from serving.dashboard.choice import Choice
from serving.dashboard.panels.panel import Panel
from serving.shop.answer import ShopAnswer
from serving.shop.period import Period
from serving.shop.shop_metrics import Question

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


class Heatmap(Panel):
    """A cell an hour of the week."""

    title = "Activity"
    hint = "events by weekday and hour, UTC"

    def build(self) -> None:
        """Make the chart, empty."""
        self._chart = ui.echart(theme.chart(), renderer="svg").classes("w-full h-64")

    async def load(self, choice: Choice, period: Period) -> list[ShopAnswer]:
        """Ask for the whole period."""
        del choice
        answer = await self.shop.ask(Question("heatmap", period, "total"))
        self._chart.options.clear()
        self._chart.options.update(_options(answer))
        self._chart.update()
        return [answer]


def _options(answer: ShopAnswer) -> dict[str, Any]:
    cells = [[row["hour"], 7 - row["weekday"], row["events"]] for row in answer.rows]
    return theme.chart(
        _described(answer),
        tooltip={"position": "top"},
        grid={"left": 8, "right": 8, "top": 8, "bottom": 40, "containLabel": True},
        xAxis=theme.axis("category", data=[str(hour) for hour in range(24)]),
        yAxis=theme.axis("category", data=list(reversed(DAYS))),
        visualMap={
            "min": 0,
            "max": max((cell[2] for cell in cells), default=1),
            "calculable": False,
            "orient": "horizontal",
            "left": "center",
            "bottom": 0,
            "itemHeight": 120,
            "inRange": {"color": list(theme.SCALE)},
            "textStyle": {"color": "#64748b"},
        },
        series=[{"name": "events", "type": "heatmap", "data": cells, "itemStyle": {"borderRadius": 3}}],
    )


def _described(answer: ShopAnswer) -> str:
    if not answer.rows:
        return "No events in this period"
    most = max(answer.rows, key=lambda row: row["events"])
    return f"Busiest: {DAYS[most['weekday'] - 1]} at {most['hour']}, {words.count(most['events'])} events"
