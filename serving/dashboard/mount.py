"""Puts the dashboard into the application."""

import logging

from fastapi import FastAPI
from nicegui import app as nicegui_app
from nicegui import ui

from serving.dashboard.board import Board
from serving.dashboard.guard import PATH, DashboardGuard
from serving.dashboard.page import ShopPage
from serving.dashboard.user_page import UserPage
from serving.settings import ScorerSettings

_ICON = "📈"


def mount(app: FastAPI, settings: ScorerSettings) -> None:
    """Serve the dashboard under ``/dashboard``. Once a process: NiceGUI's pages belong to the process."""
    board = Board.of(app, settings)

    @ui.page("/")
    async def shop() -> None:
        page = ShopPage(board)
        await ui.context.client.connected()
        await page.refresh()

    @ui.page("/user/{user_id:path}")
    def user(user_id: str) -> None:
        UserPage(board, user_id[:256])

    # The page has a bar of its own, with a name for screen readers; this one would follow every request of the browser.
    nicegui_app.config.quasar_config["loadingBar"] = {"skipHijack": True}
    # Each connection of a page would be a line, and its address holds the ids of the tab.
    logging.getLogger("uvicorn.error").addFilter(lambda record: "WebSocket" not in record.getMessage())
    logging.getLogger("nicegui").setLevel(logging.ERROR)
    app.add_middleware(
        DashboardGuard,
        keys=app.state.api_keys,
        accepted=settings.accepted_keys,
        open_to_all=settings.has_default_key,
    )
    ui.run_with(app, mount_path=PATH, title="shopstream", favicon=_ICON, dark=None, show_welcome_message=False)
