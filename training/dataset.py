"""A task's data set: features as of the cut-offs, labels after them, split by time."""

from dataclasses import dataclass
from typing import Any

import pandas as pd
from feast import FeatureStore

from ingestion.errors import ShopstreamError
from training.cutoffs import SPLITS, cutoffs_between, split_by_time
from training.lake import EventLake
from training.settings import TrainingSettings
from training.task import Task
from training.vector import FEATURES, vectorize_frame


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of one split, by cut-off and user."""

    inputs: pd.DataFrame
    """float64, columns ``training.vector.COLUMNS``."""

    labels: "pd.Series[int]"
    users: "pd.Series[str]"
    cutoffs: "pd.Series[pd.Timestamp]"

    def summary(self) -> dict[str, Any]:
        """Rows, positives, users, and the first and last cut-off (UTC, ISO 8601)."""
        return {
            "rows": len(self.labels),
            "positives": int(self.labels.sum()),
            "users": int(self.users.nunique()),
            "first_cutoff": self.cutoffs.min().isoformat(),
            "last_cutoff": self.cutoffs.max().isoformat(),
        }


@dataclass(frozen=True, slots=True)
class Dataset:
    """Train, validation and test of one task, in the order of time."""

    task: Task
    train: Part
    validation: Part
    test: Part

    unknown: int
    """Rows without a feature row at or before their cut-off; they hold the cold-start vector."""

    def parts(self) -> dict[str, Part]:
        """Return the parts by the names of ``SPLITS``."""
        return dict(zip(SPLITS, (self.train, self.validation, self.test), strict=True))


def build(task: Task, settings: TrainingSettings, store: FeatureStore, latest: int | None = None) -> Dataset:
    """Build the data set from the lake and, through Feast, the feature log.

    ``latest`` takes only that many of the newest cut-offs. Raises ShopstreamError when there is too little
    data, no feature row, or a part of one class only.
    """
    with EventLake(settings.events_path) as lake:
        rows = lake.labelled(task, cutoffs_between(*lake.span(), task, latest))
    if rows.empty:
        raise ShopstreamError(f"no user was active before any cut-off of {task.name}; use more cut-offs")
    split = split_by_time(rows["cutoff"], task).of(rows["cutoff"])
    # The gaps between the parts may hold most of the rows, and their features are the costly part.
    rows, split = rows[split != ""], split[split != ""]
    features = features_as_of(task, store, rows)
    unknown = int(features["last_seen"].isna().sum())
    if unknown == len(rows):
        raise ShopstreamError(
            f"none of the {len(rows)} users and cut-offs has a row in the feature log "
            f"{settings.user_features_path}; let the feature job read the same events as the lake"
        )
    inputs = vectorize_frame(features, rows["cutoff"])
    parts: dict[str, Part] = {}
    for name in SPLITS:
        chosen = split == name
        label = rows.loc[chosen, "label"]
        if label.nunique() < 2:
            found = f"only rows labelled {label.iloc[0]}" if len(label) else "no row"
            raise ShopstreamError(
                f"the {name} part of {task.name} has {found} and cannot be learnt from or judged by; "
                "replay or collect more events, or use more cut-offs"
            )
        parts[name] = Part(
            inputs=inputs[chosen].reset_index(drop=True),
            labels=label.reset_index(drop=True),
            users=rows.loc[chosen, "user_id"].reset_index(drop=True),
            cutoffs=rows.loc[chosen, "cutoff"].reset_index(drop=True),
        )
    return Dataset(task=task, unknown=unknown, **parts)


def features_as_of(task: Task, store: FeatureStore, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the columns ``FEATURES`` for each row (user_id, cutoff), in its order; NULL for an unknown user.

    Raises ShopstreamError when the feature service lacks a feature.
    """
    entities = rows[["user_id", "cutoff"]].rename(columns={"cutoff": "event_timestamp"})
    service = store.get_feature_service(task.feature_service)
    found = store.get_historical_features(entities, features=service).to_df()
    if missing := [name for name in FEATURES if name not in found.columns]:
        raise ShopstreamError(
            f"the feature service {task.feature_service} lacks {', '.join(missing)}; apply the feature repository"
        )
    # A Feast store may reorder rows and may drop those of unknown users.
    merged = entities.merge(found, how="left", on=["user_id", "event_timestamp"], validate="one_to_one")
    return merged[list(FEATURES)].set_index(rows.index)
