"""The function ``write_live_rows``: batches of window rows into Redis."""

import pandas as pd
from pyflink.table import DataTypes
from pyflink.table.udf import FunctionContext, ScalarFunction, UserDefinedScalarFunctionWrapper, udf

from flink_jobs.live.live_store import LiveStore
from flink_jobs.patience import Patience


class WriteLiveRows(ScalarFunction):  # type: ignore[misc]  # PyFlink ships no types
    """Writes each Arrow batch before it returns, so a completed checkpoint means that its rows are in Redis.

    While Redis is away the job waits, then fails and starts again from the checkpoint, as often as it takes.
    """

    def __init__(self, address: str, patience: float = 60) -> None:
        """``patience``: seconds to wait for a Redis that is away before the job fails."""
        self._address = address
        self._patience = patience

    def is_deterministic(self) -> bool:
        """Say no, or the planner might call it twice for one row, or never."""
        return False

    def open(self, _function_context: FunctionContext) -> None:
        """Connect lazily, on the worker."""
        self._store = LiveStore(self._address)

    def close(self) -> None:
        """Close the connections."""
        self._store.close()

    def eval(self, result: pd.Series, window_start: pd.Series, row_key: pd.Series, row_values: pd.Series) -> pd.Series:
        """Write the rows; each gets 1."""
        starts = window_start.to_numpy(dtype="datetime64[s]").astype("int64").tolist()
        rows = list(zip(result.tolist(), starts, row_key.tolist(), row_values.tolist(), strict=True))
        Patience(self._patience).call(lambda: self._store.write(rows))
        return pd.Series([1] * len(rows))


def write_live_rows(address: str, patience: float = 60) -> UserDefinedScalarFunctionWrapper:
    """Return the function for ``create_temporary_system_function``; see ``WriteLiveRows``."""
    return udf(WriteLiveRows(address, patience), result_type=DataTypes.BIGINT(), func_type="pandas")
