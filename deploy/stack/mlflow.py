"""MLflow: experiment tracking and the model registry, with its web page."""

import http.client
import json
import sys
from collections.abc import Mapping
from pathlib import Path

from deploy.stack.address import Address
from deploy.stack.part import Part


class MLflow(Part):
    """One server on SQLite. Clients send artifacts through it, so they need no path of this machine."""

    name = "mlflow"
    start_seconds = 150

    @property
    def _folder(self) -> Path:
        return self.settings.home / "mlflow"

    def addresses(self) -> tuple[Address, ...]:
        """Return its one listener."""
        return (self.settings.address("mlflow"),)

    @property
    def link(self) -> str:
        """URL of the tracking server and its page."""
        return f"http://{self.addresses()[0]}"

    def command(self) -> list[str]:
        """Return the server's command line, one worker."""
        (address,) = self.addresses()
        options = {
            "--host": address.host,
            "--port": str(address.port),
            "--backend-store-uri": f"sqlite:///{self._folder / 'mlflow.db'}",
            "--artifacts-destination": (self._folder / "artifacts").as_uri(),
            "--workers": "1",
        }
        words = [word for option in options.items() for word in option]
        return [sys.executable, "-m", "mlflow", "server", *words]

    def environment(self) -> Mapping[str, str]:
        """Switch off what would leave this machine, and the job runner, whose processes nothing here uses."""
        return {
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "DO_NOT_TRACK": "true",
            "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        }

    def prepare(self) -> None:
        """Make the folders of database and artifacts."""
        (self._folder / "artifacts").mkdir(parents=True, exist_ok=True)

    def healthy(self) -> bool:
        """Tell whether it can read its database: an empty search for experiments answers."""
        (address,) = self.addresses()
        connection = http.client.HTTPConnection(address.host, address.port, timeout=2)
        try:
            connection.request(
                "POST",
                "/api/2.0/mlflow/experiments/search",
                body=json.dumps({"max_results": 1}),
                headers={"Content-Type": "application/json"},
            )
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
