"""SQL statements kept in ``.sql`` files: one statement each, ``${name}`` where a setting goes."""

from importlib import resources
from string import Template


def statement(package: str, name: str, **settings: object) -> str:
    """Return the statement in ``name.sql`` of ``package`` with its settings filled in, as ``fill`` does."""
    return fill(resources.files(package).joinpath(f"{name}.sql").read_text(encoding="utf-8"), **settings)


def fill(text: str, **settings: object) -> str:
    """Return the text with its settings filled in.

    Raises KeyError for a setting that the text names and the caller does not give. Values are the product's own
    settings, not user input; a quote in one is doubled so that it cannot end its SQL literal.
    """
    filled = {key: str(value).replace("'", "''") for key, value in settings.items()}
    return Template(text).substitute(filled)
