"""Numbers and times as people read them."""

from datetime import UTC, datetime

_SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£"}


def count(value: float | None) -> str:
    """Return a whole number with separators; a dash for none."""
    return "–" if value is None else f"{value:,.0f}"


def money(value: float | None, currency: str) -> str:
    """Return an amount with its currency; cents below a thousand."""
    if value is None:
        return "–"
    text = f"{value:,.2f}" if abs(value) < 1000 else f"{value:,.0f}"
    symbol = _SYMBOLS.get(currency)
    return f"{symbol}{text}" if symbol else f"{text} {currency}"


def percent(value: float | None, digits: int = 1) -> str:
    """Return a share of 0 to 1 as percent; a dash for none."""
    return "–" if value is None else f"{100 * value:.{digits}f} %"


def change(now: float | None, before: float | None) -> tuple[str, int]:
    """Return the change against before in words, and -1, 0 or 1 for its direction."""
    if not before or now is None:
        return ("no figure before", 0)
    share = now / before - 1
    if abs(share) < 0.0005:
        return ("as before", 0)
    return (f"{share:+.1%} than before".replace("%", " %"), 1 if share > 0 else -1)


def duration(seconds: float | None) -> str:
    """Return a span in its largest units; a dash for none."""
    if seconds is None:
        return "–"
    if seconds < 1:
        return f"{1000 * seconds:.0f} ms"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{hours // 24} days"


def moment(at: datetime, with_day: bool = True) -> str:
    """Return a time of UTC without seconds."""
    return at.astimezone(UTC).strftime("%d %b %H:%M" if with_day else "%H:%M")
