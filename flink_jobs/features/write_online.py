"""The ``write_online`` function of the Flink job: a batch of feature rows into the online store."""

import pandas as pd
from pyflink.table import DataTypes
from pyflink.table.udf import FunctionContext, ScalarFunction, UserDefinedScalarFunctionWrapper, udf

from flink_jobs.features.online_store import OnlineStore
from flink_jobs.features.schema import USER_FEATURES


class WriteOnline(ScalarFunction):
    """Writes each Arrow batch before it returns.

    Flink finishes the running batch before a checkpoint's barrier passes, so a completed checkpoint means that its
    rows are in the online store. A failed write fails the job, which then starts again from the checkpoint.
    """

    def __init__(self, address: str) -> None:
        self._address = address

    def is_deterministic(self) -> bool:
        """Say no, or the planner might call it twice for one row, or never."""
        return False

    def open(self, function_context: FunctionContext) -> None:
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
            _epoch(column, "s") if feature.type == "timestamp" else column
            for feature, column in zip(USER_FEATURES, features, strict=True)
        ]
        values = zip(*(column.tolist() for column in columns), strict=True)
        self._store.write(
            zip(
                user_id.tolist(),
                _epoch(event_timestamp, "us").tolist(),
                version.tolist(),
                values,
                strict=True,
            )
        )
        return pd.Series([1] * len(user_id))


def _epoch(moments: pd.Series, unit: str) -> pd.Series:
    naive = moments.dt.tz_convert("UTC").dt.tz_localize(None) if moments.dt.tz is not None else moments
    return naive.astype(f"datetime64[{unit}]").astype("int64")


def write_online(address: str) -> UserDefinedScalarFunctionWrapper:
    """Return the function for ``create_temporary_system_function``."""
    return udf(WriteOnline(address), result_type=DataTypes.BIGINT(), func_type="pandas")
