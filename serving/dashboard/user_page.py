"""The page of one user: features now, what the score owes to them, last events."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import duckdb
from nicegui import ui

from flink_jobs.features.schema import USER_FEATURES
from ingestion.errors import ShopstreamError
from serving.dashboard import words
from serving.dashboard.board import Board
from serving.dashboard.frame import frame
from serving.features import FeatureRow
from serving.problems import ProblemError
from serving.reasons import reasons
from serving.shop.period import Period
from serving.shop.user_events import BACK, last_events

REFRESH_SECONDS = 2.0
EVENTS_SECONDS = 10.0
_UNITS = {feature.name: feature.unit for feature in USER_FEATURES}


class UserPage:
    """One viewer's page of one user."""

    def __init__(self, board: Board, user: str) -> None:
        self._board = board
        self._user = user
        with frame(user):
            ui.label(user).classes("text-xl font-semibold break-all").props("role=heading aria-level=1")
            self._problem = ui.label().classes("text-sm text-amber-700 dark:text-amber-300").props("role=status")
            with ui.element("div").classes("w-full grid grid-cols-1 lg:grid-cols-3 gap-4 items-start"):
                with ui.card().classes("w-full").props('role=region aria-label="Score"'):
                    ui.label("Score").classes("text-base font-semibold").props("role=heading aria-level=2")
                    self._score = ui.column().classes("w-full gap-2")
                with ui.card().classes("w-full").props('role=region aria-label="Features"'):
                    ui.label("Features now").classes("text-base font-semibold").props("role=heading aria-level=2")
                    self._features = ui.column().classes("w-full gap-1 text-sm")
                with ui.card().classes("w-full").props('role=region aria-label="Last events"'):
                    ui.label("Last events").classes("text-base font-semibold").props("role=heading aria-level=2")
                    self._events = ui.column().classes("w-full gap-1 text-sm")
        ui.timer(REFRESH_SECONDS, self._show_features)
        ui.timer(EVENTS_SECONDS, self._show_events)

    async def _show_features(self) -> None:
        scorer = self._board.scorer
        try:
            (row,) = await scorer.features.read(scorer.default_model, [self._user])
        except ProblemError as error:
            self._problem.set_text(error.detail)
            return
        self._problem.set_text("The store does not know this user: these are a newcomer's." if row.cold_start else "")
        self._features.clear()
        with self._features:
            now = datetime.now(UTC)
            if row.timestamp is not None:
                self._line("newest change", f"{words.duration((now - row.timestamp).total_seconds())} ago")
            for name, value in row.values.items():
                self._line(name, _written(value, _UNITS[name]), name)
        await self._show_score(row)

    async def _show_score(self, row: FeatureRow) -> None:
        try:
            model = self._board.scorer.slot(None).serving()
        except ProblemError as error:
            self._score.clear()
            with self._score:
                ui.label(error.detail).classes("opacity-70")
            return
        probability, found = await asyncio.to_thread(reasons, model, row, datetime.now(UTC))
        self._score.clear()
        with self._score:
            ui.label(words.percent(probability)).classes("text-3xl font-semibold").props('data-test="score"').props(
                f"data-value={probability!r}"
            )
            version = model.version
            ui.label(f"{version.name}, version {version.version}").classes("text-xs opacity-70")
            ui.label("What it would be without" if found else "No feature changes it.").classes("text-sm opacity-70")
            for reason in found:
                told = f"{'+' if reason.effect > 0 else '−'}{abs(100 * reason.effect):.1f} points"
                self._line(f"{reason.feature} = {_written(reason.value, '')}", told)

    async def _show_events(self) -> None:
        until = datetime.now(UTC)
        try:
            rows, problem = await asyncio.to_thread(
                last_events, self._user, Period(until - BACK, until), self._board.shop.lake
            )
        except ShopstreamError as error:
            rows, problem = [], str(error)
        except duckdb.Error:
            rows, problem = [], "The event lake cannot be read just now."
        self._events.clear()
        with self._events:
            if not rows:
                ui.label(problem or "None in the last 30 days.").classes("opacity-70")
            for row in rows:
                about = row["page"] or row["product_id"] or ""
                if row["total"] is not None:
                    about = words.money(row["total"], row["currency"] or "USD")
                self._line(f"{words.moment(row['moment'])} {row['event_type']}", about)

    @staticmethod
    def _line(name: str, value: str, mark: str = "") -> None:
        with ui.row().classes("w-full justify-between no-wrap gap-4"):
            ui.label(name).classes("opacity-70")
            label = ui.label(value).classes("text-right break-all")
            if mark:
                label.props(f'data-test="feature-{mark}"')


def _written(value: Any, unit: str) -> str:
    if value is None:
        return "none"
    if isinstance(value, datetime):
        return f"{words.moment(value)} UTC"
    number = f"{value:,}" if isinstance(value, int) else f"{value:,.2f}"
    return f"{number} {unit}".strip()
