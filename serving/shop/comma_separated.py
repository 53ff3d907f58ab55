"""An answer as comma-separated values, for spreadsheets."""

import csv
import io
from datetime import UTC, datetime
from typing import Any

from serving.shop.answer import ShopAnswer


def comma_separated(answer: ShopAnswer) -> str:
    """Return a header line and a line a row; times are ISO 8601 in UTC, a list is joined with spaces.

    A text that a spreadsheet would take for a formula begins with an apostrophe.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(answer.columns)
    for row in answer.rows:
        writer.writerow([_cell(row[name]) for name in answer.columns])
    return text.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, list):
        return " ".join(value)
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value
