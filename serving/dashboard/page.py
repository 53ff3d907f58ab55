"""The page of the whole shop."""

import asyncio
from dataclasses import replace
from urllib.parse import quote

from nicegui import ui

from serving.dashboard.board import Board
from serving.dashboard.choice import CUSTOM, PRESETS, Choice
from serving.dashboard.frame import frame
from serving.dashboard.live_tiles import EVERY_SECONDS
from serving.dashboard.panels.alerts import Alerts
from serving.dashboard.panels.cards import Cards
from serving.dashboard.panels.cohorts import Cohorts
from serving.dashboard.panels.funnel import Funnel
from serving.dashboard.panels.heatmap import Heatmap
from serving.dashboard.panels.panel import Panel
from serving.dashboard.panels.pipeline import Pipeline
from serving.dashboard.panels.products import Products
from serving.dashboard.panels.segments import Segments
from serving.dashboard.panels.tiles import Tiles
from serving.dashboard.panels.trend import METRICS, Trend
from serving.problems import ProblemError

REFRESH_SECONDS = 10.0
HEALTH_SECONDS = 5.0
_GRANULARITIES = {"auto": "As it fits", "hour": "Hours", "day": "Days", "week": "Weeks"}


class ShopPage:
    """One viewer's page: what was chosen, and the parts that show it."""

    def __init__(self, board: Board) -> None:
        self._choice = Choice()
        self._busy = asyncio.Lock()
        with frame():
            self._tiles = Tiles(board.tiles)
            self._controls()
            self._progress = ui.linear_progress(show_value=False).props("indeterminate size=2px aria-label=Loading")
            self._cards = Cards(board.shop)
            with ui.element("div").classes("w-full grid grid-cols-1 lg:grid-cols-3 gap-4 items-start"):
                with ui.column().classes("w-full min-w-0 gap-4 lg:col-span-2"):
                    self._panels: list[Panel] = [Trend(board.shop), Heatmap(board.shop), Cohorts(board.shop)]
                    self._panels.append(Products(board.shop))
                with ui.column().classes("w-full min-w-0 gap-4"):
                    self._panels += [Funnel(board.shop), Segments(board.shop), Alerts(board.shop)]
                    self._pipeline = Pipeline(board.watch)
        ui.timer(EVERY_SECONDS, self._tiles.refresh)
        ui.timer(REFRESH_SECONDS, self.refresh, immediate=False)
        ui.timer(HEALTH_SECONDS, self._pipeline.refresh)

    def _controls(self) -> None:
        choice = self._choice
        presets = {name: label for name, (label, _) in PRESETS.items()} | {CUSTOM: "Days of choice"}
        with ui.row().classes("w-full items-end gap-3").props('role=group aria-label="What is shown"'):
            ui.select(presets, label="Period", on_change=self.refresh).bind_value(choice, "preset").classes("w-40")
            for name, label in (("first_day", "First day"), ("last_day", "Last day")):
                day = ui.input(label, on_change=self.refresh).props("type=date stack-label").bind_value(choice, name)
                day.bind_visibility_from(choice, "preset", value=CUSTOM)
            ui.select(_GRANULARITIES, label="In steps of", on_change=self.refresh).bind_value(
                choice, "granularity"
            ).classes("w-32")
            metrics = {name: metric.label for name, metric in METRICS.items()}
            ui.select(metrics, label="Trend of", on_change=self.refresh).bind_value(choice, "metric").classes("w-44")
            self._told = ui.label().classes("text-xs opacity-70 grow").props('data-test="told"').props("role=status")
            find = ui.input("User", placeholder="user id").props("clearable")
            find.on("keydown.enter", lambda: _open_user(find.value))

    async def refresh(self) -> None:
        """Ask for everything anew. A call while that goes on waits for its turn, and shows what is chosen then."""
        self._progress.set_visibility(True)
        try:
            async with self._busy:
                await self._show(replace(self._choice))
        except ValueError as error:
            self._told.set_text(f"Please {error}.")
        finally:
            self._progress.set_visibility(self._busy.locked())

    async def _show(self, choice: Choice) -> None:
        """Show what was chosen when this began: all parts the same, whatever is chosen meanwhile."""
        period = choice.period()
        first, last = (f"{at:%Y-%m-%d %H:%M}" for at in (period.start, period.until))
        self._told.set_text(f"{first} to {last} UTC")

        async def cards() -> None:
            try:
                await self._cards.refresh(period)
            except ProblemError as error:
                self._told.set_text(error.detail)

        await asyncio.gather(cards(), *(panel.refresh(choice, period) for panel in self._panels))
        # Said once all of it is shown: a test waits for it.
        shown = {"preset": choice.preset, "metric": choice.metric, "steps": choice.granularity}
        shown |= {"from": period.start.isoformat(), "to": period.until.isoformat()}
        self._told.props(" ".join(f"data-{name}={value}" for name, value in shown.items()))


def _open_user(user: str | None) -> None:
    if user:
        ui.navigate.to(f"/user/{quote(user, safe='')}")  # NiceGUI adds where it is mounted
