"""Spark for the comparison, in a Python environment of its own; made when it is first asked for."""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from ingestion.errors import ShopstreamError

_HERE = Path(__file__).parent
_VENV = _HERE / ".venv"


@dataclass(frozen=True, slots=True)
class Installation:
    """A Python that has PySpark, and the jars of Spark's Kafka connector."""

    python: Path
    jars: tuple[Path, ...]


def install() -> Installation:
    """Return the installation in this folder, after making what is missing (400 MB, a minute).

    Raises ShopstreamError when pip or Maven cannot get something.
    """
    requirements = (_HERE / "requirements.txt").read_text()
    stamp, python = _VENV / "requirements.txt", _VENV / "bin" / "python"
    if not stamp.exists() or stamp.read_text() != requirements:
        shutil.rmtree(_VENV, ignore_errors=True)
        _run([sys.executable, "-m", "venv", str(_VENV)])
        _run([str(python), "-m", "pip", "install", "-q", "-r", str(_HERE / "requirements.txt")])
        stamp.write_text(requirements)
    connector = _HERE / "target" / "connector"
    if not connector.is_dir():
        _run(["mvn", "-q", "-B", "-f", str(_HERE / "pom.xml"), "package"])
    return Installation(python, tuple(sorted(connector.glob("*.jar"))))


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 (our own commands)
    if done.returncode:
        lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        reason = lines[-1] if lines else "no reason given"
        raise ShopstreamError(f"`{' '.join(command[:4])} ...` failed, which the comparison with Spark needs: {reason}")
