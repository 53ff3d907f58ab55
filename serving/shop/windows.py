"""One answer over the seam: the windows that Redis has, and the older ones from the lake."""

from typing import Any

import pyarrow as pa

from serving.shop.answer import ShopAnswer
from serving.shop.lake import ShopLake, statement
from serving.shop.live import LiveWindows
from serving.shop.period import Granularity, Period, step
from serving.shop.window_result import WindowResult

ROWS = 10_000
"""The most rows of an answer, where the caller says nothing else."""


def windows(
    result: WindowResult,
    period: Period,
    lake: ShopLake,
    live: LiveWindows,
    granularity: Granularity = "window",
    dimension: str | None = None,
    by_dimension: bool = True,
    limit: int = ROWS,
) -> ShopAnswer:
    """Return the rows of a result, by time and then by its dimension.

    The period is widened to whole steps. ``dimension`` keeps one value; without ``by_dimension`` all values are taken
    together. A value is exact once its window is final; distinct ids over more than one window are those of the last
    checkpoint. Raises ValueError for a granularity finer than the result.
    """
    every = step(granularity, result.window)
    period = period.whole(every or result.window)
    first_windows, first_rows, live_problem = live.tables(result, period)
    with lake.opened() as (db, lake_problem):
        asked = {"start": period.start, "until": period.until}
        db.register("live_windows", first_windows)
        db.register("live_rows", first_rows)
        db.execute(f"CREATE TEMP TABLE counted AS {statement(result.name)}", asked)
        db.execute(
            f"CREATE TEMP TABLE windows AS {statement('windows')}", {"size": result.window, "dimension": dimension}
        )
        rows = "SELECT * FROM windows"
        parameters: dict[str, Any] = {"most": limit + 1}
        if granularity != "window" or not by_dimension:
            rows = statement("rolled_up")
            parameters |= {"step": every, "start": period.start, "dimension": dimension, "by_key": by_dimension}
        query = f"FROM ({rows}) ORDER BY window_start, key LIMIT $most"
        found: pa.Table = db.sql(query, params=parameters).to_arrow_table()
    names = result.columns()
    answers = []
    for row in found.slice(0, limit).to_pylist():
        told: dict[str, Any] = {
            "window_start": row["window_start"],
            "window_end": row["window_start"] + every if every else period.until,
        }
        if by_dimension:
            told[result.dimension] = row["key"]
        row["mean"] = row["amount"] / row["events"] if result.mean and row["events"] else None
        answers.append(told | {name: row[general] for general, name in names.items()} | {"is_final": row["is_final"]})
    columns = (
        "window_start",
        "window_end",
        *((result.dimension,) if by_dimension else ()),
        *names.values(),
        "is_final",
    )
    problems = [problem for problem in (live_problem, lake_problem) if problem]
    return ShopAnswer(result.name, period, granularity, columns, answers, found.num_rows > limit, problems)
