"""``shopstream demo``: what ``make demo`` runs."""

import contextlib
import json
import logging
import os
import signal
import sys

import click
from rich.console import Console

from deploy.stack.settings import StackSettings
from ingestion.errors import ShopstreamError


@click.command()
@click.option("--once", is_flag=True, help="Stop everything after the summary, and exit.")
def demo(once: bool) -> None:
    """Run the main job on a real clickstream: stream, features, model, score; then stay up until Ctrl-C.

    Starts from an empty state folder (an earlier demo's data is deleted, anything else is left alone and
    said). The summary also goes to summary.json in it. Exits with 1 when a number does not add up.

    \b
    Examples:
      shopstream demo            # look around afterwards; Ctrl-C stops everything
      shopstream demo --once     # for scripts
    """
    settings = StackSettings.load()
    # Every part and every client in this process must mean the same stack.
    os.environ.update(settings.environment())
    for elsewhere in ("SHOPSTREAM_LAKE", "SHOPSTREAM_FEAST_REGISTRY"):
        # The demo's events have no place in a lake that holds others.
        os.environ.pop(elsewhere, None)
    if not os.environ.get("SHOPSTREAM_DEBUG"):
        logging.getLogger("kafka").setLevel(logging.CRITICAL)
    # First of all: Feast, imported below, turns deprecation warnings on, and kafka-python's import has two.
    import httpx
    from kafka.errors import KafkaError
    from redis.exceptions import RedisError

    from deploy.demo.demo import Demo
    from deploy.demo.table import render

    console = Console()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    with console.status("") as status:

        def step(text: str) -> None:
            console.print(f"  {text} ...")
            status.update(text)

        run = Demo(settings, step)
        try:
            summary = run.run()
            status.stop()
            console.print(render(summary))
            path = settings.home / "summary.json"
            path.write_text(json.dumps(summary.as_json(), indent=2, default=str) + "\n")
            console.print(f"Written to {path}.")
            problems = summary.problems()
            if not problems and not once:
                console.print("Everything stays up until Ctrl-C.")
                wait_for_interrupt()
        except (httpx.HTTPError, KafkaError, RedisError) as error:
            raise ShopstreamError(
                f"A part of the stack stopped answering ({error}): see the logs in {settings.logs}."
            ) from error
        except KeyboardInterrupt:
            click.echo("Interrupted.", err=True)
            sys.exit(130)
        finally:
            status.update("stopping")
            run.close()
    if problems:
        raise ShopstreamError(" ".join(problems))


def wait_for_interrupt() -> None:
    """Return at Ctrl-C: to end what was finished is no failure."""
    with contextlib.suppress(KeyboardInterrupt):
        signal.pause()


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt
