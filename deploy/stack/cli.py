"""`shopstream up`, `down` and `status`."""

import json
import signal
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.live import Live

from deploy.stack.settings import StackSettings
from deploy.stack.stack import DEMO_MARK, GROUPS, PARTS, Stack
from deploy.stack.status import PartStatus, State
from deploy.stack.supervisor import Supervisor
from deploy.stack.table import status_table
from ingestion.errors import ShopstreamError

if TYPE_CHECKING:
    from flink_jobs.stream_counts import StreamCounts

_NAMES = click.Choice([*PARTS, *GROUPS])
_parts = click.argument("parts", nargs=-1, type=_NAMES, metavar="[PART]...")
_EPILOG = f"PART is one of {', '.join([*PARTS, *GROUPS])}; without one, all of them."


@click.command(epilog=_EPILOG)
@_parts
def up(parts: tuple[str, ...]) -> None:
    """Start the local stack on loopback and wait until it is healthy.

    What runs already is left alone. If a part cannot start, or on Ctrl-C, what was started is stopped again.
    The parts go on running when this command ends; `shopstream down` stops them.

    \b
    Examples:
      shopstream up                                   # everything
      shopstream up kafka valkey                      # only these
      SHOPSTREAM_FLINK_REST=127.0.0.1:8081 shopstream up flink
    """
    stack = _stack(parts)
    # From here on the state is somebody's own.
    (stack.settings.home / DEMO_MARK).unlink(missing_ok=True)
    console = Console()
    before = stack.status()
    if all(part.state is State.HEALTHY for part in before):
        click.echo("Everything runs already.")
        console.print(status_table(before))
        return
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        with Live(status_table(before), console=console, transient=True, auto_refresh=False) as live:
            after = stack.up(_show(live, console))
    except KeyboardInterrupt:
        click.echo("Interrupted: what was started has been stopped.", err=True)
        sys.exit(130)
    console.print(status_table(after))


@click.command(epilog=_EPILOG)
@_parts
@click.option("--purge", is_flag=True, help="Then delete all state: topics, features, models, lake, logs.")
@click.option("--yes", is_flag=True, help="Do not ask before --purge deletes.")
def down(parts: tuple[str, ...], purge: bool, yes: bool) -> None:
    """Stop the local stack, whoever started it, and leave no process behind.

    Each part may end in order and is killed if it does not. State and logs stay for the next `shopstream up`.

    \b
    Examples:
      shopstream down
      shopstream down scorer
      shopstream down --purge --yes                   # start from nothing next time
    """
    if purge and parts:
        raise click.UsageError("--purge deletes the state of the whole stack: give no PART with it")
    stack = _stack(parts)
    if purge and not yes:
        click.confirm(f"Delete everything the stack keeps in {stack.settings.home}?", abort=True)
    stopped = stack.down(purge=purge)
    click.echo(f"Stopped {', '.join(stopped)}." if stopped else "Nothing was running.")
    if purge:
        click.echo(f"Deleted the state in {stack.settings.home}.")


@click.command(epilog=_EPILOG)
@_parts
@click.option("--stream", "only_stream", is_flag=True, help="Only what the running Flink jobs have counted.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON: a list of parts, or of jobs with --stream.")
def status(parts: tuple[str, ...], only_stream: bool, as_json: bool) -> None:
    """Show each part, its address, its pid and whether it is healthy; and what the running jobs have counted.

    The counts are of events and dead letters since the job's tasks started, as Flink gathers them every 10 s, with
    the records that wait in Kafka. `shopstream dead-letters list` knows the dead letters of all time.

    \b
    Health:  healthy | starting | unhealthy (lives, does not answer) | dead (ended by itself) | stopped
    Exit status: 0 if every part shown is healthy, 3 if not; with --stream: 0 if a job runs, 3 if none.

    \b
    Examples:
      shopstream status
      shopstream status kafka valkey --json
      shopstream status --stream --json
    """
    if parts and only_stream:
        raise click.UsageError("--stream shows no PART")
    stack = _stack(parts)
    found = stack.status()
    if only_stream:
        from deploy.stack.stream import stream_of

        jobs = stream_of(stack.settings, found)
        if as_json:
            click.echo(json.dumps([job.model_dump(mode="json") for job in jobs], indent=2))
        else:
            _print_jobs(jobs)
            if not jobs:
                click.echo("No job runs.")
        sys.exit(0 if jobs else 3)
    if as_json:
        click.echo(json.dumps([part.model_dump(mode="json") for part in found], indent=2))
    else:
        Console().print(status_table(found))
        if not parts:
            _print_stream(stack.settings, found)
    sys.exit(0 if all(part.state is State.HEALTHY for part in found) else 3)


@click.command(epilog=_EPILOG)
@_parts
def supervise(parts: tuple[str, ...]) -> None:
    """Watch the running stack, and start again what dies or hangs, until Ctrl-C.

    Jobs go on by themselves when their TaskManager was killed, and with SHOPSTREAM_HIGH_AVAILABILITY=1 also when the
    JobManager was: ZooKeeper, one more part of the stack, then remembers them. Nothing is lost or counted twice.

    \b
    Examples:
      shopstream up && shopstream supervise
      SHOPSTREAM_HIGH_AVAILABILITY=1 shopstream up && SHOPSTREAM_HIGH_AVAILABILITY=1 shopstream supervise
    """

    def tell(line: str) -> None:
        click.echo(f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC {line}")

    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: ended.set())
    supervisor = Supervisor(StackSettings.load(), tell, parts or None)
    tell("watching; Ctrl-C ends this, not the stack")
    supervisor.run(ended)


def _print_stream(settings: StackSettings, parts: list[PartStatus]) -> None:
    # Imported here: without Flink, status needs none of the clients and answers at once.
    if not any(part.state is State.HEALTHY for part in parts):
        return
    from deploy.stack.stream import stream_of

    try:
        _print_jobs(stream_of(settings, parts))
    except ShopstreamError as error:
        # The parts are what was asked for first; the exit status is theirs.
        click.echo(f"shopstream: {error}", err=True)


def _print_jobs(jobs: "list[StreamCounts]") -> None:
    from deploy.stack.stream import stream_table

    for job in jobs:
        Console(width=min(Console().width, 100)).print(stream_table(job))


def _stack(parts: tuple[str, ...]) -> Stack:
    return Stack(StackSettings.load(), parts or None)


def _show(live: Live, console: Console) -> Callable[[list[PartStatus]], None]:
    """Return a progress: in a terminal it redraws a table, elsewhere it prints a line for each new state."""
    last: dict[str, State] = {}

    def show(parts: list[PartStatus]) -> None:
        if console.is_terminal:
            live.update(status_table(parts), refresh=True)
            return
        for part in parts:
            if last.get(part.name) is not part.state and part.state is not State.STOPPED:
                click.echo(f"{part.name}: {part.state}")
            last[part.name] = part.state

    return show


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt
