"""Where the local stack keeps what a job has counted: its checkpoints and savepoints."""

from pathlib import Path


class Snapshots:
    """The snapshots of the job with one name, in the stack's state folder."""

    def __init__(self, state: Path, job: str) -> None:
        flink = state.absolute() / "flink"
        self._is_local = (flink / "conf").is_dir()
        self._checkpoints, self._savepoints = flink / "checkpoints" / job, flink / "savepoints" / job

    @property
    def checkpoints(self) -> str | None:
        """Where checkpoints go, as a URI; None for the cluster's own place, when the stack is not of this folder."""
        return self._checkpoints.as_uri() if self._is_local else None

    @property
    def savepoints(self) -> str | None:
        """Where savepoints go, as ``checkpoints``."""
        return self._savepoints.as_uri() if self._is_local else None

    def newest(self) -> str | None:
        """Return the newest savepoint or completed checkpoint, as a URI; None without one."""
        done = [*self._savepoints.glob("*/_metadata"), *self._checkpoints.glob("*/chk-*/_metadata")]
        newest = max(done, key=lambda file: file.stat().st_mtime, default=None)
        return newest.parent.as_uri() if newest else None
