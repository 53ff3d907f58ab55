"""Fetched models on disk: ``<STATE>/models/<name>/<version>/``, so that the scorer starts without MLflow."""

import json
import shutil
from dataclasses import asdict
from pathlib import Path

from serving.registry import ModelRegistry, ModelVersion

_ABOUT = "shopstream_version.json"
_LAST_GOOD = "last_good"
_KEPT = 3


class ModelCache:
    """One registered model's versions. A version's folder appears whole or not at all."""

    def __init__(self, root: Path, name: str) -> None:
        self._folder = root / name

    def fetch(self, version: ModelVersion, registry: ModelRegistry) -> Path:
        """Return the folder of the version's files, from disk where they are, else from the registry.

        Raises RegistryAwayError; then nothing is left behind.
        """
        folder = self._folder / version.version
        if self._about(folder) == version:
            return folder
        partial = self._folder / f".{version.version}.partial"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        try:
            registry.download(version, partial)
            (partial / _ABOUT).write_text(json.dumps(asdict(version)))
            # The same number with another identity: the registry was made anew.
            shutil.rmtree(folder, ignore_errors=True)
            partial.rename(folder)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
        return folder

    def mark_good(self, version: ModelVersion) -> None:
        """Remember the version that passed its check as the one to start with; drop the oldest others."""
        marker = self._folder / f".{_LAST_GOOD}.partial"
        marker.write_text(version.version)
        marker.replace(self._folder / _LAST_GOOD)
        others = [path for path in self._folder.iterdir() if path.name.isdecimal() and path.name != version.version]
        others.sort(key=lambda path: int(path.name), reverse=True)
        for path in others[_KEPT - 1 :]:
            shutil.rmtree(path, ignore_errors=True)

    def last_good(self) -> tuple[ModelVersion, Path] | None:
        """Return the version to start with when the registry is away; None when there is none."""
        try:
            folder = self._folder / (self._folder / _LAST_GOOD).read_text()
        except FileNotFoundError:
            return None
        version = self._about(folder)
        return None if version is None else (version, folder)

    @staticmethod
    def _about(folder: Path) -> ModelVersion | None:
        try:
            return ModelVersion(**json.loads((folder / _ABOUT).read_text()))
        except (FileNotFoundError, ValueError, TypeError):
            return None  # not there, or cut off by a full disk: fetched again
