"""Settings of the training programs."""

from pydantic import Field

from feature_repo.settings import FeatureStoreSettings


class TrainingSettings(FeatureStoreSettings):
    """Where training reads features and events, and where it keeps models."""

    mlflow: str = "http://127.0.0.1:15000"
    """URL of the MLflow tracking server with its model registry."""

    mlflow_timeout_seconds: float = Field(default=3, gt=0)
    """Longest wait for MLflow's first answer, before any work is done."""

    seed: int = 7
    """Seed of everything random: the searches, the models, the sampling for plots."""

    training_threads: int = Field(default=2, ge=1)
    """Threads a model may use while it is fitted; the logged model uses one."""
