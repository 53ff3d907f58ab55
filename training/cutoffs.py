"""The cut-offs of a task and their split by time."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd

from ingestion.errors import ShopstreamError
from training.task import Task

SPLITS = ("train", "validation", "test")
_SHARES = (0.6, 0.2)  # of train and validation; test has the rest


def cutoffs_between(first: datetime, last: datetime, task: Task, latest: int | None = None) -> pd.DatetimeIndex:
    """Return the cut-offs (UTC) after ``first`` whose whole horizon lies at or before ``last``.

    ``latest`` keeps that many of the newest. Raises ShopstreamError when there are none.
    """
    step = f"{task.every // timedelta(seconds=1)}s"
    start = pd.Timestamp(first).tz_convert("UTC").floor(step) + task.every
    grid = pd.date_range(start, pd.Timestamp(last).tz_convert("UTC") - task.horizon, freq=step)
    if grid.empty:
        raise ShopstreamError(
            f"the events in the lake span {_days(last - first)}, and {task.name} needs more than "
            f"{_days(task.horizon)} to know what followed; replay or collect more"
        )
    return grid[-latest:] if latest else grid


@dataclass(frozen=True, slots=True)
class TimeSplit:
    """Where validation and test begin; each split ends one horizon before the next begins.

    So no label of one split looks into the time of another.
    """

    validation: pd.Timestamp
    test: pd.Timestamp
    horizon: timedelta

    def of(self, cutoffs: "pd.Series[pd.Timestamp]") -> "pd.Series[str]":
        """Return each cut-off's split, one of ``SPLITS``, or "" in a gap."""
        split = pd.Series("", index=cutoffs.index)
        split[cutoffs + self.horizon <= self.validation] = "train"
        split[(cutoffs >= self.validation) & (cutoffs + self.horizon <= self.test)] = "validation"
        split[cutoffs >= self.test] = "test"
        return split


def split_by_time(cutoffs: "pd.Series[pd.Timestamp]", task: Task) -> TimeSplit:
    """Split the time of these cut-offs, two horizons for the gaps taken off, 60 : 20 : 20.

    Raises ShopstreamError when the gaps leave nothing.
    """
    first, last = cutoffs.min(), cutoffs.max()
    usable = (last - first) - 2 * task.horizon
    if usable <= timedelta(0):
        raise ShopstreamError(
            f"the cut-offs of {task.name} span {_days(last - first)}, and the gaps between train, validation "
            f"and test alone need {_days(2 * task.horizon)}; replay more events or use more cut-offs"
        )
    validation = first + _SHARES[0] * usable + task.horizon
    return TimeSplit(validation, validation + _SHARES[1] * usable + task.horizon, task.horizon)


def _days(span: timedelta) -> str:
    return f"{span / timedelta(days=1):.1f} days"
