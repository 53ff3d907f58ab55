"""The models' input: one feature row and a moment become numbers in a fixed order, here and in the scorer."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from flink_jobs.features.schema import USER_FEATURES

_AGES = {"first_seen": "tenure_hours", "last_seen": "recency_hours"}

FEATURES = tuple(feature.name for feature in USER_FEATURES)
"""What is read from the feature store, in the order of the vector."""

COLUMNS = tuple(_AGES.get(name, name) for name in FEATURES)
"""Names of the vector's numbers. A time becomes the hours from then to the moment; the rest stays."""

COLD_START = np.zeros(len(COLUMNS))
"""An unknown user: one who has this moment come for the first time and done nothing yet."""

_HOUR = 3600.0


def vectorize(features: Mapping[str, Any], moment: datetime) -> npt.NDArray[np.float64]:
    """Return shape ``(len(COLUMNS),)``; a missing or None feature has its value of ``COLD_START``.

    Times are datetimes (naive ones are UTC) or seconds since 1970. Only a feature's whole seconds count, for
    the online store keeps no fraction. A time after the moment is 0 hours ago.
    """
    vector = COLD_START.copy()
    at = _seconds(moment)
    for position, name in enumerate(FEATURES):
        value = features.get(name)
        if value is None or value != value:  # NaN and NaT differ from themselves
            continue
        if name in _AGES:
            vector[position] = max(0.0, (at - np.floor(_seconds(value))) / _HOUR)
        else:
            vector[position] = value
    return vector


def vectorize_rows(rows: Sequence[Mapping[str, Any]], moment: datetime) -> npt.NDArray[np.float64]:
    """Return ``vectorize`` of many rows of plain values at one moment, shape ``(len(rows), len(COLUMNS))``.

    A timestamp is an aware datetime; a value is a number, a datetime or None.
    """
    at = _seconds(moment)
    matrix = np.empty((len(rows), len(COLUMNS)))
    for position, name in enumerate(FEATURES):
        found = [row.get(name) for row in rows]
        if name in _AGES:
            seconds = np.array([np.nan if value is None else value.timestamp() for value in found])
            found_or_nan = np.maximum(0.0, (at - np.floor(seconds)) / _HOUR)
        else:
            found_or_nan = np.array([np.nan if value is None else value for value in found], dtype=np.float64)
        matrix[:, position] = np.where(np.isnan(found_or_nan), COLD_START[position], found_or_nan)
    return matrix


def vectorize_frame(frame: pd.DataFrame, moments: "pd.Series[Any]") -> pd.DataFrame:
    """Return ``vectorize`` of each row at its moment (aware, any zone), as float64 columns ``COLUMNS``.

    ``frame`` has a column for every name in ``FEATURES``; its times are aware or naive UTC datetimes.
    """
    at = _frame_seconds(moments)
    columns: dict[str, npt.NDArray[np.float64]] = {}
    for name, column, missing in zip(FEATURES, COLUMNS, COLD_START, strict=True):
        if name in _AGES:
            values = np.maximum(0.0, (at - np.floor(_frame_seconds(frame[name]))) / _HOUR)
        else:
            values = frame[name].to_numpy(dtype=np.float64, na_value=np.nan)
        columns[column] = np.where(np.isnan(values), missing, values)
    return pd.DataFrame(columns, index=frame.index)


def _seconds(time: datetime | float) -> float:
    """Seconds since 1970 of one time."""
    if not isinstance(time, datetime):
        return float(time)
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()


def _frame_seconds(times: "pd.Series[Any]") -> npt.NDArray[np.float64]:
    """Seconds since 1970; NaN for a missing time."""
    utc = pd.to_datetime(times, utc=True).dt.as_unit("us")
    # The same division as datetime.timestamp(), so that both ways give the same bits.
    return np.where(utc.isna(), np.nan, utc.astype("int64").to_numpy() / 1e6)
