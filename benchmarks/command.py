"""A benchmark on the command line: what a person can mend is one sentence, not a stack trace."""

import re
import sys
from collections.abc import Callable
from typing import Any, TypeVar

import click

from deploy.stack.settings import MEMORY
from ingestion.errors import ShopstreamError

F = TypeVar("F", bound=Callable[..., Any] | click.Command)


class MemorySize(click.ParamType[str]):
    """How much memory a process may have, as Flink's and Java's options write it."""

    name = "size"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return it as it is; what Flink would refuse after minutes is refused before anything starts."""
        if not re.fullmatch(MEMORY, value):
            self.fail(f"{value!r} is no size: write mebibytes or gibibytes, as in 2560m or 4g.", param, ctx)
        return value


def memory_option(
    default: str, name: str = "--memory", text: str = "Whole size of the TaskManager's process."
) -> Callable[[F], F]:
    """Return the option for how much memory a process may have."""
    return click.option(name, type=MemorySize(), default=default, show_default=True, help=text)


def run(command: click.Command) -> None:
    """Run the command with the arguments of this process; exit with 1 after a ShopstreamError."""
    try:
        command()
    except ShopstreamError as error:
        click.echo(f"benchmarks: {error}", err=True)
        sys.exit(1)
