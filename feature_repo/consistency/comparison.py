"""Served vectors beside a recount of the events in the lake, feature by feature."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import resources
from typing import Any

import duckdb
import pandas as pd

from feature_repo.consistency.served import Served
from flink_jobs.features.schema import USER_FEATURES
from flink_jobs.lake import event_lake

TOLERANCE = 1e-9
"""Relative difference up to which two numbers are equal: an average is a quotient, and the last bit may differ."""


@dataclass(slots=True)
class FeatureReport:
    """How one feature did."""

    feature: str
    compared: int = 0
    mismatches: int = 0
    missing: int = 0
    """Vectors that had no value, although the lake has events of the user."""

    largest_difference: float = 0.0
    """Of two numbers; of two times, in seconds."""

    example: dict[str, Any] | None = None
    """The first mismatch: user, times, what was served and what the events give."""

    @property
    def mismatch_rate(self) -> float:
        """Share of the compared values that differ."""
        return self.mismatches / self.compared if self.compared else 0.0

    @property
    def missing_rate(self) -> float:
        """Share of the vectors without a value that should have one."""
        return self.missing / (self.compared + self.missing) if self.missing else 0.0


@dataclass(frozen=True, slots=True)
class ConsistencyReport:
    """What was compared, and how it came out."""

    served: int
    users: int
    compared: int
    uncertain: int
    """Left out: an event came late, within a minute of the answer or in a backlog."""

    capped: int
    """Left out: the user had more pages or sessions than are counted, as its row says."""

    not_in_lake: int
    """Left out: the lake holds nothing of the user up to then, as before the checkpoint that closes its files."""

    features: tuple[FeatureReport, ...]

    @property
    def mismatch_rate(self) -> float:
        """The worst feature's."""
        return max((one.mismatch_rate for one in self.features), default=0.0)

    @property
    def missing_rate(self) -> float:
        """The worst feature's."""
        return max((one.missing_rate for one in self.features), default=0.0)


def compare(served: Sequence[Served], events_path: str, log_path: str) -> ConsistencyReport:
    """Recount each served vector from the events in the lake; ``log_path`` tells only which users were capped.

    Raises ShopstreamError when the lake has no files yet, or not the columns of the current job.
    """
    recounted, capped = _recount(served, events_path, log_path)
    features = [FeatureReport(feature.name) for feature in USER_FEATURES]
    counts = dict.fromkeys(("compared", "uncertain", "capped", "not_in_lake"), 0)
    for pair, one in enumerate(served):
        truth = recounted.get(pair)
        if truth is None:
            # Nobody knew the user, and rightly so; or the files are still open.
            counts["compared" if one.as_of is None else "not_in_lake"] += 1
        elif not truth["certain"]:
            counts["uncertain"] += 1
        elif pair in capped:
            counts["capped"] += 1
        else:
            counts["compared"] += 1
            for report, feature in zip(features, USER_FEATURES, strict=True):
                _judge(report, one, one.features.get(feature.name), truth[feature.name], feature.type == "timestamp")
    users = len({one.user_id for one in served})
    return ConsistencyReport(len(served), users, features=tuple(features), **counts)


def _judge(report: FeatureReport, one: Served, served: Any, truth: Any, is_time: bool) -> None:
    if served is None or one.as_of is None:
        report.missing += 1
        return
    report.compared += 1
    value = datetime.fromisoformat(served).astimezone(UTC).timestamp() if is_time else float(served)
    expected = float(truth)
    # A time is whole seconds since 1970, of which the tolerance would be two.
    if value == expected if is_time else math.isclose(value, expected, rel_tol=TOLERANCE, abs_tol=TOLERANCE):
        return
    report.mismatches += 1
    report.largest_difference = max(report.largest_difference, abs(value - expected))
    if report.example is None:
        report.example = {
            "user_id": one.user_id,
            "scored_at": one.scored_at.isoformat(),
            "feature_timestamp": one.as_of.isoformat(),
            "served": served,
            "recounted": datetime.fromtimestamp(expected, UTC).isoformat() if is_time else expected,
        }


def _recount(
    served: Sequence[Served], events_path: str, log_path: str
) -> tuple[Mapping[int, Mapping[str, Any]], set[int]]:
    """The recount of each vector by its place, and the places of capped users."""
    frame = pd.DataFrame(
        {
            "pair": range(len(served)),
            "user_id": [one.user_id for one in served],
            # Whom the store did not know is recounted as of the answer: the lake must have nothing of them either.
            "as_of": [_naive(one.as_of or one.scored_at) for one in served],
            "scored_at": [_naive(one.scored_at) for one in served],
        }
    )
    with event_lake.reading(events_path) as db:
        db.register("served_frame", frame)
        db.execute(
            "CREATE TABLE served AS SELECT pair, user_id, as_of::TIMESTAMP AS as_of, scored_at::TIMESTAMP AS scored_at"
            " FROM served_frame"
        )
        query = resources.files(__package__).joinpath("recount.sql").read_text(encoding="utf-8")
        rows = db.execute(query, {"files": event_lake.files(events_path)}).df().to_dict("records")
        try:
            found = db.execute(
                "SELECT DISTINCT pair FROM served s JOIN read_parquet($files) l"
                " ON l.user_id = s.user_id AND l.event_timestamp = s.as_of WHERE l.is_capped",
                {"files": f"{log_path}/*/part-*"},
            ).fetchall()
        except duckdb.IOException:
            found = []  # a job without the feature log has capped nobody that we could know of
    recounted = {int(row["pair"]): {str(name): value for name, value in row.items()} for row in rows}
    return recounted, {pair for (pair,) in found}


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)
