"""The model registry: which version is champion, and its files."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol


class RegistryAwayError(Exception):
    """The registry did not answer, or not with a model; worth another try later."""


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """One version of a registered model.

    ``identity`` tells apart two models that bear the same version number in registries made anew.
    """

    name: str
    version: str
    alias: str
    identity: str
    tags: dict[str, str] = field(default_factory=dict, compare=False)


class ModelRegistry(Protocol):
    """Where registered models come from. Both calls block and may raise RegistryAwayError."""

    def champion(self, name: str, alias: str) -> ModelVersion | None:
        """Return the version the alias points to; None when there is none."""

    def download(self, version: ModelVersion, folder: Path) -> None:
        """Write the version's files into ``folder``, which exists and is empty."""


class MlflowRegistry:
    """MLflow's registry. Bounded by ``timeout_seconds`` a request, without MLflow's minutes of retries."""

    def __init__(self, uri: str, timeout_seconds: int) -> None:
        """Connect to nothing yet; MLflow is imported at the first call, which takes seconds."""
        self._uri = uri
        # MLflow takes these from the environment only.
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", str(timeout_seconds))
        os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
        self._client: Any = None

    def _connect(self) -> Any:
        if self._client is None:
            import mlflow

            mlflow.set_tracking_uri(self._uri)
            self._client = mlflow.MlflowClient(self._uri)
        return self._client

    def champion(self, name: str, alias: str) -> ModelVersion | None:
        """Ask MLflow for the version under the alias."""
        client = self._connect()
        from mlflow.exceptions import MlflowException

        try:
            found = client.get_model_version_by_alias(name, alias)
        except MlflowException as error:
            # An unknown model is RESOURCE_DOES_NOT_EXIST, a missing alias INVALID_PARAMETER_VALUE.
            if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
                return None
            raise RegistryAwayError(f"MLflow at {self._uri} does not answer") from error
        return ModelVersion(
            name=name,
            version=str(found.version),
            alias=alias,
            identity=f"{found.source}@{found.creation_timestamp}",
            tags=dict(found.tags),
        )

    def download(self, version: ModelVersion, folder: Path) -> None:
        """Fetch the files MLflow keeps for the version."""
        self._connect()
        import mlflow.artifacts

        uri = f"models:/{version.name}/{version.version}"
        try:
            mlflow.artifacts.download_artifacts(artifact_uri=uri, dst_path=str(folder))
        except Exception as error:  # MLflow's artifact stores raise their own kinds
            raise RegistryAwayError(f"cannot fetch {uri}: {type(error).__name__}") from error
