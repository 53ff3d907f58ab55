"""The ``write_online`` function of the Flink job: a batch of feature rows into the online store."""

from typing import Literal

import pandas as pd
from pyflink.table import DataTypes
from pyflink.table.udf import FunctionContext, ScalarFunction, UserDefinedScalarFunctionWrapper, udf

from flink_jobs.features.online_store import OnlineStore
from flink_jobs.features.schema import USER_FEATURES


class WriteOnline(ScalarFunction):  # type: ignore[misc]  # PyFlink ships no types
    """Writes each Arrow batch before it returns.

    Flink finishes the running batch before a checkpoint's barrier passes, so a completed checkpoint means that its
    rows are in the online store. A failed write fails the job, which then starts again from the checkpoint.
    """

    def __init__(self, address: str) -> None:
        self._address = address

    def is_deterministic(self) -> bool:
        """Say no, or the planner might call it twice for one row, or never."""
        return False

    def open(self, _function_context: FunctionContext) -> None:
        """Connect lazily, on the worker."""
        self._store = OnlineStore(self._address)

    def close(self) -> None:
        """Close the connections."""
        self._store.close()

    def eval(
        self, user_id: pd.Series, event_timestamp: pd.Series, version: pd.Series, *features: pd.Series
    ) -> pd.Series:
        """Write the rows; each gets 1."""
        columns = [
            _epoch(column, "s") if feature.type == "timestamp" else column.tolist()
            for feature, column in zip(USER_FEATURES, features, strict=True)
        ]
        values = zip(*columns, strict=True)
        self._store.write(zip(user_id.tolist(), _epoch(event_timestamp, "us"), version.tolist(), values, strict=True))
        return pd.Series([1] * len(user_id))


def _epoch(moments: pd.Series, unit: Literal["s", "us"]) -> list[int]:
    """Whole units since 1970; Arrow's times are UTC, with or without a zone."""
    numbers: list[int] = pd.DatetimeIndex(pd.to_datetime(moments, utc=True)).as_unit(unit).astype("int64").tolist()
    return numbers


def write_online(address: str) -> UserDefinedScalarFunctionWrapper:
    """Return the function for ``create_temporary_system_function``."""
    return udf(WriteOnline(address), result_type=DataTypes.BIGINT(), func_type="pandas")
