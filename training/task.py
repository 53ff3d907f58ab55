"""What a prediction task is."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Task:
    """One question about a user at a moment, the cut-off: features as of it, the label strictly after it."""

    name: str
    """Also the name of the MLflow experiment and of the registered model."""

    description: str

    feature_service: str
    """Feast feature service whose features the models read."""

    label: str
    """File in ``training/sql`` that labels (user, cut-off) rows with 0 or 1."""

    horizon: timedelta
    """The label looks at ``cutoff < timestamp <= cutoff + horizon``."""

    active_within: timedelta
    """A user is asked about at a cut-off when active in ``cutoff - active_within < timestamp <= cutoff``."""

    every: timedelta
    """Distance of the cut-offs, which lie on whole multiples of it since 1970 (UTC)."""
