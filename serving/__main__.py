"""``python -m serving``: the ``serve`` command without the rest of ``shopstream``."""

import sys

import click

from ingestion.errors import ShopstreamError
from serving.cli import serve

if __name__ == "__main__":
    try:
        serve()
    except ShopstreamError as error:
        click.echo(f"shopstream: {error}", err=True)
        sys.exit(1)
