"""The commands ``shopstream features ...``."""

import click

from flink_jobs.backfill.cli import features as backfill


@click.group()
def features() -> None:
    """Rebuild the features of users and products.

    \b
    Examples:
      shopstream features backfill --from 2026-11-01 --to 2026-11-08
    """


features.add_command(backfill)
