"""Reports over the event lake alone: as fresh as its last checkpoint."""

import pyarrow as pa

from serving.shop.answer import ShopAnswer
from serving.shop.lake import ShopLake, statement
from serving.shop.period import Period
from serving.shop.windows import ROWS

REPORTS = ("summary", "segments", "heatmap", "products", "cohorts")
"""Each is the statement of its name, over the events of a period."""


def report(name: str, period: Period, lake: ShopLake, limit: int = ROWS) -> ShopAnswer:
    """Return the rows of a report."""
    with lake.opened() as (db, problem):
        query = f"FROM ({statement(name)}) LIMIT $most"
        asked = {"start": period.start, "until": period.until, "most": limit + 1}
        found: pa.Table = db.sql(query, params=asked).to_arrow_table()
    rows = found.slice(0, limit).to_pylist()
    columns = tuple(found.column_names)
    return ShopAnswer(name, period, "total", columns, rows, found.num_rows > limit, [problem] if problem else [])
