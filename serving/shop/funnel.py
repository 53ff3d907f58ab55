"""The ordered funnel of any period: how many users take the steps in order, and in what time."""

from datetime import datetime, timedelta
from typing import Any

import duckdb

from flink_jobs.funnels.funnel import Funnel
from serving.shop.answer import ShopAnswer
from serving.shop.lake import ShopLake, statement
from serving.shop.live import LiveWindows
from serving.shop.period import Granularity, Period, step
from serving.shop.windows import ROWS

NAME = "funnel_conversions"
HOUR = timedelta(hours=1)
COLUMNS = (
    *("window_start", "window_end", "funnel", "breakdown", "value", "step", "step_name"),
    *("users", "step_rate", "overall_rate", "drop_off", "median_seconds", "is_final"),
)


def conversions(
    funnel: Funnel,
    period: Period,
    lake: ShopLake,
    live: LiveWindows,
    granularity: Granularity = "window",
    breakdown: str = "none",
    limit: int = ROWS,
) -> ShopAnswer:
    """Return a row for each hour (or day, ...), value of the breakdown and step.

    A user counts once in each with the deepest attempt that began in it, as in the stream; hours that Redis has are
    those of the stream. ValueError for a breakdown that the funnel does not have.
    """
    if breakdown not in ("none", *funnel.breakdowns):
        known = ", ".join(["none", *funnel.breakdowns])
        raise ValueError(f"the funnel {funnel.name} has no breakdown by {breakdown}: choose from {known}")
    every = step(granularity, HOUR)
    period = period.whole(every or HOUR)
    starts, found, live_problem = live.read(NAME, period) if every == HOUR else ([], [], None)
    with lake.opened() as (db, lake_problem):
        rows = _counted(db, funnel, period, every, breakdown)
    rows = [row for row in rows if row["window_start"] not in set(starts)] + [
        {name: row.get(name) for name in COLUMNS} | {"window_end": row["window_start"] + HOUR}
        for row in found
        if row["funnel"] == funnel.name and row["breakdown"] == breakdown
    ]
    rows.sort(key=lambda row: (row["window_start"], row["value"], row["step"]))
    problems = [problem for problem in (live_problem, lake_problem) if problem]
    return ShopAnswer(NAME, period, granularity, COLUMNS, rows[:limit], len(rows) > limit, problems)


def _counted(
    db: duckdb.DuckDBPyConnection, funnel: Funnel, period: Period, every: timedelta | None, breakdown: str
) -> list[dict[str, Any]]:
    conversion = timedelta(minutes=funnel.conversion_minutes)
    db.execute(
        f"CREATE TEMP TABLE step_events AS {statement('step_events')}",
        {
            "start": period.start,
            "until": period.until + conversion,  # later steps may lie behind the end
            "types": [one.event_type for one in funnel.steps],
        },
    )
    asked = {"start": period.start, "until": period.until, "step": every, "conversion": conversion}
    counts = db.execute(_attempts(funnel, breakdown), asked).fetchall()
    rows: list[dict[str, Any]] = []
    for bucket, value, *figures in counts:
        rows += _rows(funnel, breakdown, bucket, value, figures, bucket + every if every else period.until)
    return rows


def _attempts(funnel: Funnel, breakdown: str) -> str:
    """The statement that counts: each next step is the first event of its kind not before the step before it."""
    steps = len(funnel.steps)
    order = ", ".join(["at1", *funnel.breakdowns])
    numbers = range(1, steps + 1)
    chain = "".join(_next_step(number) for number in numbers[1:])
    depth = " + ".join(f"(at{number} IS NOT NULL)::INT" for number in numbers)
    figures = ", ".join(f"count(at{number}), median(floor(epoch(at{number} - at1)))" for number in numbers)
    return f"""
        WITH t1 AS (
            SELECT *, moment AS at1, bucket_of($step, $start, moment) AS bucket FROM step_events
            WHERE step = 1 AND moment >= $start AND moment < $until
        ) {chain},
        best AS (
            SELECT *, {depth} AS depth FROM t{steps}
            QUALIFY row_number() OVER (PARTITION BY user_id, bucket ORDER BY depth DESC, {order}) = 1
        )
        SELECT bucket, "{breakdown}", {figures} FROM best GROUP BY ALL
    """  # noqa: S608 (numbers of steps, names of declared breakdowns)


def _next_step(number: int) -> str:
    return f""",
        s{number} AS (SELECT user_id AS id, moment AS next FROM step_events WHERE step = {number}),
        t{number} AS (
            SELECT t{number - 1}.*, CASE WHEN next <= at1 + $conversion THEN next END AS at{number}
            FROM t{number - 1} ASOF LEFT JOIN s{number} ON user_id = id AND at{number - 1} <= next
        )
    """  # noqa: S608 (numbers of steps, names of declared breakdowns)


def _rows(
    funnel: Funnel,
    breakdown: str,
    bucket: datetime,
    value: str,
    figures: list[Any],
    end: datetime,
) -> list[dict[str, Any]]:
    users, medians = figures[::2], figures[1::2]
    return [
        {
            "window_start": bucket,
            "window_end": end,
            "funnel": funnel.name,
            "breakdown": breakdown,
            "value": value,
            "step": number + 1,
            "step_name": one.name,
            "users": users[number],
            "step_rate": 1.0 if number == 0 else users[number] / users[number - 1] if users[number - 1] else 0.0,
            "overall_rate": users[number] / users[0],
            "drop_off": 0 if number == 0 else users[number - 1] - users[number],
            "median_seconds": medians[number],
            "is_final": None,
        }
        for number, one in enumerate(funnel.steps)
    ]
