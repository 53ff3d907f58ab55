"""The functions ``write_user_features`` and ``write_product_features``: batches of rows into the online store."""

from typing import Literal

import pandas as pd
from pyflink.table import DataTypes
from pyflink.table.udf import FunctionContext, ScalarFunction, UserDefinedScalarFunctionWrapper, udf

from flink_jobs.features.online_store import OnlineStore
from flink_jobs.features.schema import FeatureSet


class WriteOnline(ScalarFunction):  # type: ignore[misc]  # PyFlink ships no types
    """Writes each Arrow batch before it returns.

    Flink finishes the running batch before a checkpoint's barrier passes, so a completed checkpoint means that its
    rows are in the online store. While the store is away the job waits, then fails and starts again from the
    checkpoint, as often as it takes: no row is lost.
    """

    def __init__(self, address: str, features: FeatureSet, patience: float = 60) -> None:
        """``patience``: seconds to wait for a store that is away before the job fails."""
        self._address = address
        self._features = features
        self._patience = patience

    def is_deterministic(self) -> bool:
        """Say no, or the planner might call it twice for one row, or never."""
        return False

    def open(self, _function_context: FunctionContext) -> None:
        """Connect lazily, on the worker."""
        self._store = OnlineStore(self._address, self._features, self._patience)

    def close(self) -> None:
        """Close the connections."""
        self._store.close()

    def eval(self, ids: pd.Series, event_timestamp: pd.Series, version: pd.Series, *features: pd.Series) -> pd.Series:
        """Write the rows; each gets 1."""
        columns = [
            _epoch(column, "s") if feature.type == "timestamp" else column.tolist()
            for feature, column in zip(self._features.features, features, strict=True)
        ]
        self._store.write_columns(ids.tolist(), _epoch(event_timestamp, "us"), version.tolist(), columns)
        return pd.Series([1] * len(ids))


def _epoch(moments: pd.Series, unit: Literal["s", "us"]) -> list[int]:
    """Whole units since 1970; Arrow's times are UTC, with or without a zone."""
    numbers: list[int] = moments.to_numpy(dtype=f"datetime64[{unit}]").astype("int64").tolist()
    return numbers


def write_online(address: str, features: FeatureSet, patience: float = 60) -> UserDefinedScalarFunctionWrapper:
    """Return the function for ``create_temporary_system_function``; see ``WriteOnline``."""
    return udf(WriteOnline(address, features, patience), result_type=DataTypes.BIGINT(), func_type="pandas")
