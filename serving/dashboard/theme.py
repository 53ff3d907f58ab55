"""Colours that are told apart by everybody, in the light and in the dark."""

SERIES = ("#2563eb", "#d97706", "#0d9488", "#9333ea", "#dc2626", "#475569")
"""Of categories; by Okabe and Ito's rule of differing in lightness too, at least 3:1 against white and slate."""

ACCENT = SERIES[0]
ALARM = "#dc2626"
SCALE = ("#eff6ff", "#93c5fd", "#2563eb", "#1e3a8a")
"""From little to much."""

_AXIS = {"axisLine": {"lineStyle": {"color": "#94a3b8"}}, "axisLabel": {"color": "#64748b"}}


def axis(kind: str, **options: object) -> dict[str, object]:
    """Return an axis that is readable on both grounds."""
    return {"type": kind, **_AXIS, "splitLine": {"lineStyle": {"color": "rgba(148,163,184,0.25)"}}, **options}


def chart(described: str = "", **options: object) -> dict[str, object]:
    """Return ECharts options with what all charts share; animation would make a live page restless.

    ``described`` is what a screen reader says.
    """
    return {
        "animation": False,
        "color": list(SERIES),
        "textStyle": {"fontFamily": "system-ui, sans-serif"},
        "grid": {"left": 8, "right": 16, "top": 28, "bottom": 8, "containLabel": True},
        "aria": {"enabled": True, "label": {"description": described}},
        **options,
    }
