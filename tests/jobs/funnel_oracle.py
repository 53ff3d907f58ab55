"""The rows of an ordered funnel, from ClickHouse."""

import json
from datetime import UTC, datetime
from pathlib import Path

import chdb
import pandas as pd

from flink_jobs.funnels.funnel import Funnel

Key = tuple[datetime, str, str, int]
"""Window start, breakdown, value, step."""

_PLACES = {"device": 1, "country": 2, "referrer": 3, "product_category": 4}


def funnel_rows(steps: pd.DataFrame, funnel: Funnel) -> dict[Key, tuple[int, float]]:
    """Return users and median seconds of each window, breakdown, value and step that has users.

    ``steps`` has the columns that funnel_conversions.sql names; ``us`` is microseconds since 1970 UTC, unsigned.
    """
    assert len(steps)
    query = (Path(__file__).parent / "funnel_conversions.sql").read_text()
    breakdowns = ["('none', 'all')", *(f"('{name}', {name})" for name in funnel.breakdowns)]
    query = (
        query.format(
            window=funnel.conversion_minutes * 60_000_000,
            conditions=", ".join(f"e.step = {number}" for number in range(2, len(funnel.steps) + 1)),
            breakdowns=", ".join(breakdowns),
            order=", ".join(f"c.touch.{_PLACES[name]}" for name in funnel.breakdowns),
        )
        .replace("FROM steps", "FROM Python(steps)")
        .replace("JOIN steps", "JOIN Python(steps)")
    )
    rows = chdb.query(query, "JSONCompact")
    return {
        (datetime.fromtimestamp(int(hour) * 3600, UTC), name, value, int(step)): (int(users), float(median))
        for hour, name, value, step, users, median in json.loads(rows.bytes())["data"]
    }
