"""A benchmark on the command line: what a person can mend is one sentence, not a stack trace."""

import sys

import click

from ingestion.errors import ShopstreamError


def run(command: click.Command) -> None:
    """Run the command with the arguments of this process; exit with 1 after a ShopstreamError."""
    try:
        command()
    except ShopstreamError as error:
        click.echo(f"benchmarks: {error}", err=True)
        sys.exit(1)
