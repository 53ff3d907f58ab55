"""What one user did last."""

from datetime import timedelta
from typing import Any

import pyarrow as pa

from serving.shop.lake import ShopLake, statement
from serving.shop.period import Period

BACK = timedelta(days=30)


def last_events(user: str, until: Period, lake: ShopLake, most: int = 30) -> tuple[list[dict[str, Any]], str | None]:
    """Return a user's last events of a period, newest first, and why there are none, if that is known."""
    with lake.opened() as (db, problem):
        asked = {"start": until.start, "until": until.until, "user": user, "most": most}
        found: pa.Table = db.sql(statement("user_events"), params=asked).to_arrow_table()
    rows: list[dict[str, Any]] = found.to_pylist()
    return rows, problem
