"""A metric over time, with the alerts of the period marked on it."""

from datetime import UTC, datetime
from typing import Any, NamedTuple

from nicegui import ui

from serving.dashboard import theme, words
from serving.dashboard.choice import Choice
from serving.dashboard.panels.panel import Panel
from serving.shop.answer import ShopAnswer
from serving.shop.period import Period, step
from serving.shop.shop_metrics import Question
from serving.shop.window_result import WINDOW_RESULTS


class Metric(NamedTuple):
    """What the trend can show: a column of a result; ``by`` draws a line a value of it."""

    label: str
    result: str
    column: str
    dimension: str | None = None
    by: str | None = None


METRICS = {
    "revenue": Metric("Revenue", "revenue", "total_revenue", by="currency"),
    "orders": Metric("Orders", "revenue", "transaction_count"),
    "page_views": Metric("Page views", "page_views", "page_views"),
    "visitors": Metric("Visitors of pages", "page_views", "unique_users"),
    "carts": Metric("Put in the cart", "funnel_stages", "count", dimension="add_to_cart"),
}


class Trend(Panel):
    """The line chart."""

    title = "Trend"

    def build(self) -> None:
        """Make the chart, empty."""
        self._chart = ui.echart(theme.chart(), renderer="svg").classes("w-full h-72")

    async def load(self, choice: Choice, period: Period) -> list[ShopAnswer]:
        """Ask for the metric and the alerts of the period."""
        metric, every = METRICS[choice.metric], choice.step(period)
        # The rows of a result are no shorter than its windows.
        asked = Question(metric.result, period, every, metric.dimension, by_dimension=metric.by is not None)
        answer = await self.shop.ask(asked)
        alerts = await self.shop.ask(Question("anomalies", period))
        self._chart.options.clear()
        self._chart.options.update(_options(metric, answer, alerts))
        self._chart.update()
        return [answer, alerts]


def _options(metric: Metric, answer: ShopAnswer, alerts: ShopAnswer) -> dict[str, Any]:
    lines: dict[str, dict[datetime, Any]] = {}
    for row in answer.rows:
        lines.setdefault(str(row[metric.by]) if metric.by else metric.label, {})[row["window_start"]] = row[
            metric.column
        ]
    times = _times(metric, answer)
    marks = [
        [
            {"name": alert["reason"], "xAxis": alert["window_start"].timestamp() * 1000},
            {"xAxis": alert["ended_at"] or answer.period.until.timestamp() * 1000},
        ]
        for alert in alerts.rows
    ]
    series: list[dict[str, Any]] = [
        {
            "name": name,
            "type": "line",
            "showSymbol": len(times) < 60,
            "symbolSize": 5,
            "lineStyle": {"width": 2},
            "areaStyle": {"opacity": 0.08},
            # A step without events has no row, and is nothing rather than something in between.
            "data": [[at.timestamp() * 1000, points.get(at, 0)] for at in times],
        }
        for name, points in lines.items()
    ]
    if marks:
        area = {"itemStyle": {"color": theme.ALARM, "opacity": 0.18}, "label": {"show": False}, "data": marks}
        series.append({"name": "Alerts", "type": "line", "data": [], "markArea": area, "color": theme.ALARM})
    span = {"min": answer.period.start.timestamp() * 1000, "max": answer.period.until.timestamp() * 1000}
    return theme.chart(
        _described(metric, answer),
        useUTC=True,
        tooltip={"trigger": "axis"},
        legend={"top": 0, "right": 0, "textStyle": {"color": "#64748b"}, "show": len(series) > 1},
        xAxis=theme.axis("time", **span),
        yAxis=theme.axis("value", min=0),
        series=series,
    )


def _times(metric: Metric, answer: ShopAnswer) -> list[datetime]:
    """The beginning of each step of the period that has begun."""
    every = step(answer.granularity, WINDOW_RESULTS[metric.result].window)
    if every is None or not answer.rows:
        return [row["window_start"] for row in answer.rows]
    last = max(row["window_start"] for row in answer.rows)
    end = max(last, min(datetime.now(UTC), answer.period.until - every))
    return [answer.period.start + number * every for number in range((end - answer.period.start) // every + 1)]


def _described(metric: Metric, answer: ShopAnswer) -> str:
    values = [row[metric.column] for row in answer.rows if row[metric.column] is not None]
    if not values:
        return f"{metric.label}: nothing in this period"
    highest = max(values)
    return f"{metric.label} in {len(values)} steps, highest {words.count(highest)}, last {words.count(values[-1])}"
