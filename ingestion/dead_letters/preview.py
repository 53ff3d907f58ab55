"""Any bytes as text that is safe to print."""


def preview(raw: bytes, limit: int) -> str:
    """Return at most ``limit`` bytes as text.

    Bytes that are no UTF-8, and characters that a terminal obeys rather than shows (control and direction
    characters), are written as escapes; line breaks and tabs stay. A cut text says how much is missing.
    """
    text = raw[:limit].decode("utf-8", "backslashreplace")
    shown = "".join(sign if sign.isprintable() or sign in "\n\t" else _escape(sign) for sign in text)
    missing = len(raw) - limit
    return shown if missing <= 0 else f"{shown} ... and {missing:,} bytes more"


def _escape(sign: str) -> str:
    return sign.encode("unicode_escape").decode()
