"""Users, cut-offs and labels from the raw events in the lake."""

from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb
import pandas as pd

from ingestion.errors import ShopstreamError
from training.task import Task

_SQL = Path(__file__).parent / "sql"


class EventLake:
    """The events of the lake as they were when it was opened; close it after use."""

    def __init__(self, events_path: str) -> None:
        """Read the events' users, types and times; ``events_path`` is the folder of the event lake.

        Raises ShopstreamError when it holds no files yet or lacks a column.
        """
        self._lake = duckdb.connect()
        self._lake.execute("SET TimeZone = 'UTC'")
        try:
            self._lake.execute(_statement("events.sql"), {"files": f"{events_path}/*/*/*/*/part-*"})
        except duckdb.IOException as error:
            raise ShopstreamError(
                f"the event lake {events_path} has no files yet; replay events and let the job write them"
            ) from error
        except duckdb.BinderException as error:
            raise ShopstreamError(
                f"the event lake {events_path} has not the columns of the current job: {_first_line(error)}"
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._lake.close()

    def span(self) -> tuple[datetime, datetime]:
        """Return the times of the first and last event (UTC); raises ShopstreamError when there is none."""
        first, last = self._frame("span.sql").iloc[0]
        if pd.isna(first):
            raise ShopstreamError("the event lake holds no event of a known user; replay events first")
        return first, last

    def labelled(self, task: Task, cutoffs: pd.DatetimeIndex) -> pd.DataFrame:
        """Return user_id, cutoff (UTC) and label (0 or 1) of every user to ask about, by cut-off and user."""
        self._lake.register("cutoffs", pd.DataFrame({"cutoff": cutoffs}))
        entities = self._frame("entities.sql", active_within=task.active_within)
        self._lake.register("entities", entities)
        return self._frame(task.label, horizon=task.horizon)

    def _frame(self, statement: str, **parameters: Any) -> pd.DataFrame:
        return self._lake.execute(_statement(statement), parameters).df()


def _statement(name: str) -> str:
    return (_SQL / name).read_text(encoding="utf-8")


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]
