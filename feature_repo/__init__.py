"""The feature store: ``from feature_repo import online, as_of, history`` in a notebook.

The three are loaded when they are first used, for Feast takes a second or two and not every importer needs it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from feature_repo.lookups import as_of, history, online

__all__ = ["as_of", "history", "online"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(import_module("feature_repo.lookups"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
