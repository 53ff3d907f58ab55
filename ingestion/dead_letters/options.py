"""The options with which dead letters are selected, the same for every command."""

from collections.abc import Callable
from typing import Any, get_args

import click

from ingestion.cli import instant
from ingestion.dead_letters.selection import OffsetRange, Selection
from ingestion.errors import ShopstreamError
from ingestion.topics import EVENT_TOPICS
from ingestion.verdict import ErrorCode


class _Offsets(click.ParamType[OffsetRange]):
    """One offset of a partition, or a range."""

    name = "offsets"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> OffsetRange:
        try:
            return OffsetRange.parse(value)
        except ShopstreamError as error:
            self.fail(str(error).rstrip("."), param, ctx)


_OPTIONS = (
    click.option(
        "--code",
        "codes",
        multiple=True,
        type=click.Choice(get_args(ErrorCode)),
        metavar="CODE",
        help=f"Only this error code: {', '.join(get_args(ErrorCode))}.",
    ),
    click.option(
        "--topic",
        "topics",
        multiple=True,
        type=click.Choice([topic.name for topic in EVENT_TOPICS]),
        metavar="TOPIC",
        help="Only records of this topic.",
    ),
    click.option("--from", "start", callback=instant, metavar="TIME", help="Only what Kafka received then or later."),
    click.option("--to", "end", callback=instant, metavar="TIME", help="Only what Kafka received before."),
    click.option(
        "--offset",
        "ranges",
        multiple=True,
        type=_Offsets(),
        metavar="T:P:O[-O]",
        help="Only records at these offsets of a partition: web_events:2:17 or web_events:2:17-40.",
    ),
    click.option("--limit", type=click.IntRange(min=1), help="Take at most so many, in the order they were written."),
)


def selection_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options; the command gets them as keywords, for ``selection``."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def selection(options: dict[str, Any]) -> Selection:
    """Make the selection from the keywords of ``selection_options``."""
    return Selection(**options)
