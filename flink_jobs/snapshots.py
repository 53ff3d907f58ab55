"""Where the local stack keeps what a job has counted: its checkpoints and savepoints."""

import json
from pathlib import Path


class Snapshots:
    """The snapshots of the job with one name, in the stack's state folder.

    ``rest``: address of the cluster that the job is on. Only for the stack's own cluster are there any; another has its
    own configuration, and places of its own.
    """

    def __init__(self, state: Path, job: str, rest: str) -> None:
        flink = state.absolute() / "flink"
        self._is_local = rest.replace("localhost", "127.0.0.1") == _rest_of_stack(flink / "conf" / "config.yaml")
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
        """Return the newest savepoint or completed checkpoint, as a URI; None without one, or for another cluster."""
        if not self._is_local:
            return None
        done = [*self._savepoints.glob("*/_metadata"), *self._checkpoints.glob("*/chk-*/_metadata")]
        newest = max(done, key=lambda file: file.stat().st_mtime, default=None)
        return newest.parent.as_uri() if newest else None


def _rest_of_stack(configuration: Path) -> str | None:
    """Return the address of the stack's cluster, which ``write_flink_conf`` wrote, a JSON value a line."""
    if not configuration.is_file():
        return None
    found = dict(line.split(": ", 1) for line in configuration.read_text().splitlines())
    return f"{json.loads(found['rest.address'])}:{json.loads(found['rest.port'])}"
