"""The scorer: scores users over HTTP with features from Valkey and a model from MLflow."""

import sys
from collections.abc import Mapping

from deploy.stack.address import Address
from deploy.stack.part import Part, http_body
from deploy.stack.settings import ROOT


class Scorer(Part):
    """The serving package as a program of its own."""

    name = "scorer"
    needs = ("valkey", "mlflow")
    start_seconds = 120

    def addresses(self) -> tuple[Address, ...]:
        """Return its one listener."""
        return (self.settings.address("scorer"),)

    @property
    def link(self) -> str:
        """URL of the interface's description."""
        return f"http://{self.addresses()[0]}/docs"

    def command(self) -> list[str]:
        """Return the service's command line."""
        return [sys.executable, "-m", "serving"]

    def environment(self) -> Mapping[str, str]:
        """Point it at this stack."""
        return {**self.settings.environment(), "PYTHONPATH": str(ROOT)}

    def healthy(self) -> bool:
        """Tell whether ``/healthz`` answers 200."""
        return http_body(self.addresses()[0], "/healthz") is not None
