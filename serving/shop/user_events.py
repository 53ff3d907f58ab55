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
        found: pa.Table = db.execute(
            statement("user_events"), {"start": until.start, "until": until.until, "user": user, "most": most}
        ).to_arrow_table()
    rows: list[dict[str, Any]] = found.to_pylist()
    return rows, problem
