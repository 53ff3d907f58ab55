"""What every page has around it."""

from collections.abc import Iterator
from contextlib import contextmanager

from nicegui import ui

_STYLE = """
body { background: #f1f5f9; }
body.body--dark { background: #0b1220; }
.body--dark .q-card { background: #111a2e; }
.q-card { box-shadow: 0 1px 2px rgba(15, 23, 42, 0.12); border-radius: 12px; }
:focus-visible { outline: 2px solid #2563eb; outline-offset: 2px; }
.skip { position: absolute; left: -999px; } .skip:focus { left: 8px; top: 8px; z-index: 9999; }
"""


@contextmanager
def frame(title: str = "Shop") -> Iterator[None]:
    """Give the page its header and a column for what is on it."""
    ui.add_css(_STYLE)
    ui.page_title(f"shopstream: {title}")
    ui.add_head_html('<meta name="color-scheme" content="light dark">')
    ui.add_body_html('<script>document.documentElement.lang = "en"</script>')
    dark = ui.dark_mode(None)
    with ui.header().classes("bg-slate-900 text-white items-center py-2 px-4"):
        # The first stop of the Tab key; seen once it has the focus.
        ui.link("Skip to the page", "#content").classes("skip bg-white text-black p-2 rounded")
        # NiceGUI adds to its own links where it is mounted.
        ui.link("shopstream", "/").classes("text-white text-lg font-semibold no-underline")
        ui.label("live").classes("text-xs px-2 py-0.5 rounded bg-blue-600")
        ui.space()
        with ui.element("a").props("href=/docs target=_blank").classes("text-white text-sm no-underline"):
            ui.label("API")
        ui.button(icon="contrast", on_click=lambda: dark.set_value(not dark.value)).props(
            'flat round dense color=white aria-label="Dark or light"'
        )
    # The page itself is NiceGUI's landmark "main".
    ui.link_target("content")
    with ui.element("div").classes("w-full max-w-screen-2xl mx-auto p-2 sm:p-4 flex flex-col gap-4"):
        with ui.element("h1").classes("sr-only"):
            ui.label(title)
        yield
