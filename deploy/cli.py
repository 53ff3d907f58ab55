"""The ``shopstream`` command: finds each sub-command in the package that owns it, and words its errors."""

import importlib
import os
import sys
import traceback
from collections.abc import Callable
from typing import Any

import click

from ingestion.errors import ShopstreamError

# name -> "module:attribute"; imported only when called, so that --help and status answer at once.
COMMANDS: dict[str, str] = {
    "up": "deploy.stack.cli:up",
    "down": "deploy.stack.cli:down",
    "status": "deploy.stack.cli:status",
    "supervise": "deploy.stack.cli:supervise",
    "demo": "deploy.demo.cli:demo",
    "topics": "ingestion.cli:topics",
    "replay": "ingestion.cli:replay",
    "simulate": "ingestion.simulator.cli:simulate",
    "dead-letters": "ingestion.dead_letters.cli:dead_letters",
    "jobs": "flink_jobs.cli:jobs",
    "alerts": "flink_jobs.anomalies.cli:alerts",
    "lake": "flink_jobs.lake.cli:lake",
    "features": "feature_repo.cli:features",
    "consistency": "feature_repo.consistency.cli:main",
    "train": "training.cli:train",
    "models": "training.models_cli:models",
    "drift": "training.drift_cli:main",
    "serve": "serving.cli:serve",
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are used."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """Return the command names in the order a newcomer needs them."""
        return list(COMMANDS)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one command; None for an unknown name."""
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--debug", is_flag=True, help="Show the stack trace of an error.")
@click.version_option(package_name="shopstream")
def cli(debug: bool) -> None:
    """Real-time analytics and machine learning for an online shop, on Apache Flink.

    \b
    Start with:
      shopstream up              # Kafka, Valkey, Flink, MLflow and the scorer, on loopback
      shopstream replay ecom     # a real clickstream into Kafka
      shopstream status          # what runs, where, and how healthy it is
    """
    if debug:
        os.environ["SHOPSTREAM_DEBUG"] = "1"


def main(run: Callable[..., Any] = cli) -> None:
    """Run the command line: one sentence for what a person can mend.

    Exit status: 1 for an error, 2 for a command that was called wrongly, 130 for Ctrl-C.
    """
    try:
        sys.exit(run(standalone_mode=False, prog_name="shopstream"))
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        sys.exit(error.exit_code)
    except click.UsageError as error:
        where = error.ctx.command_path if error.ctx else "shopstream"
        message = error.format_message().rstrip(".")
        click.echo(f"shopstream: {message}; see `{where} --help`.", err=True)
        sys.exit(error.exit_code)
    except click.Abort:
        click.echo("Interrupted.", err=True)
        sys.exit(130)
    except ShopstreamError as error:
        if os.environ.get("SHOPSTREAM_DEBUG"):
            traceback.print_exc()
        click.echo(f"shopstream: {error}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
