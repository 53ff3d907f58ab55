"""The live figures: windows under way, which move as events arrive."""

from nicegui import ui

from serving.dashboard import words
from serving.dashboard.live_tiles import LiveTiles, Tile, age

_NAMES = {
    "page_views": "Page views, this minute",
    "revenue": "Revenue, these 5 minutes",
    "funnel_stages": "Orders, this quarter of an hour",
    "user_activity": "Active users, these 10 minutes",
}


class Tiles:
    """A row of tiles."""

    def __init__(self, live: LiveTiles) -> None:
        self._live = live
        self._values: dict[str, ui.label] = {}
        self._times: dict[str, ui.label] = {}
        with ui.element("div").classes("w-full grid grid-cols-2 lg:grid-cols-4 gap-4"):
            for name, title in _NAMES.items():
                card = ui.card().classes("gap-1 min-w-0 border-l-4 border-blue-600")
                with card.props(f'role=group aria-label="Live: {title}"'):
                    ui.label(title).classes("text-sm opacity-70")
                    self._values[name] = (
                        ui.label("–").classes("text-2xl font-semibold").props(f'data-test="tile-{name}"')
                    )
                    self._times[name] = ui.label().classes("text-xs opacity-70")
        self._problem = ui.label().classes("text-sm text-amber-700 dark:text-amber-300").props("role=status")

    async def refresh(self) -> None:
        """Show what is newest."""
        await self._live.refresh()
        self._problem.set_text(self._live.problem or "")
        self._problem.set_visibility(self._live.problem is not None)
        for name, tile in self._live.tiles.items():
            text = words.money(tile.value, tile.unit) if tile.unit else words.count(tile.value)
            self._values[name].set_text("–" if tile.start is None else text)
            self._values[name].props(f"data-value={tile.value!r}")
            self._times[name].set_text(_when(tile))


def _when(tile: Tile) -> str:
    if tile.start is None:
        return "no event yet"
    span = f"{words.moment(tile.start, False)} to {words.moment(tile.start + tile.length, False)} UTC"
    since = age(tile)
    return span if since is None else f"{span}, {words.duration(since.total_seconds())} ago"
