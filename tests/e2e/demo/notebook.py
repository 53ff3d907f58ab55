"""A notebook of the documentation, run as a reader runs it."""

import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).parents[3] / "docs" / "notebooks"


def run(name: str, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Run all cells in a kernel of their own with these variables; return what each code cell showed, as text.

    Raises what nbclient raises for a cell that fails.
    """
    notebook = nbformat.read(NOTEBOOKS / name, as_version=4)
    with monkeypatch.context() as variables:
        for variable, value in environment.items():
            variables.setenv(variable, value)
        NotebookClient(
            notebook, timeout=180, resources={"metadata": {"path": str(NOTEBOOKS)}}, env=dict(os.environ)
        ).execute()
    shown = []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            data = [output.get("data", {}) for output in cell.outputs]
            shown.append("\n".join("image" if "image/png" in one else one.get("text/plain", "") for one in data))
    return shown
