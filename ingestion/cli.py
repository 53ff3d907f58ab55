"""Commands of the ingestion part: ``topics`` and ``replay``."""

import logging
import os
import re
from datetime import datetime, timedelta
from pathlib import Path

import click
import orjson
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from ingestion import topic_admin
from ingestion.errors import ShopstreamError
from ingestion.event import parse_timestamp
from ingestion.settings import KafkaSettings, StateSettings, read_settings

_WIDTH = 100


def instant(_ctx: click.Context, _param: click.Parameter, text: str | None) -> datetime | None:
    """Read a date, or an ISO 8601 date and time; without an offset it is UTC."""
    if text is None:
        return None
    try:
        return parse_timestamp(f"{text}T00:00:00" if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else text)
    except ValueError as error:
        raise click.BadParameter(f"{text} is not a date or time such as 2024-03-01 or 2024-03-01T12:00:00Z") from error


def speed_factor(_ctx: click.Context, _param: click.Parameter, text: str) -> float | None:
    """Read a factor such as ``60x``; ``max`` is None."""
    if text.lower() == "max":
        return None
    if re.fullmatch(r"\d+(\.\d+)?x?", text, re.ASCII) and (speed := float(text.removesuffix("x"))) > 0:
        return speed
    raise click.BadParameter(f"{text} is not a speed: give max, or a factor such as 1x or 60x")


def quieten_kafka() -> None:
    """Keep the Kafka client's log out of a command's output, unless SHOPSTREAM_DEBUG is set."""
    # The client logs each failed connection; the one sentence that matters is ours.
    if not os.environ.get("SHOPSTREAM_DEBUG"):
        logging.getLogger("kafka").setLevel(logging.CRITICAL)


@click.group()
def topics() -> None:
    """Create Kafka's topics and see whether they are as they should be.

    \b
    Examples:
      shopstream topics apply    # creates the missing ones, reports those that differ
      shopstream topics list     # changes nothing
    """
    quieten_kafka()


@topics.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def apply(as_json: bool) -> None:
    """Create missing topics; report, and never change, those that differ.

    Exits with 1 when a topic differs. Running it again is harmless.
    """
    settings = read_settings(KafkaSettings)
    states = topic_admin.apply(settings.kafka_bootstrap, settings.kafka_timeout_seconds)
    _print_topics(states, as_json)
    differing = [state.topic.name for state in states if state.status == "differs"]
    if differing:
        raise ShopstreamError(
            f"left as they are, though they differ: {', '.join(differing)};"
            " alter or delete them with Kafka's own tools."
        )


@topics.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_topics(as_json: bool) -> None:
    """Show each topic, what goes into it, and its state on the broker."""
    settings = read_settings(KafkaSettings)
    _print_topics(topic_admin.compare(settings.kafka_bootstrap, settings.kafka_timeout_seconds), as_json)


def _print_topics(states: list[topic_admin.TopicState], as_json: bool) -> None:
    if as_json:
        rows = [
            {
                "topic": state.topic.name,
                "partitions": state.topic.partitions,
                "event_types": state.topic.event_types,
                "config": state.topic.config,
                "status": state.status,
                "differences": state.differences,
            }
            for state in states
        ]
        click.echo(orjson.dumps(rows, option=orjson.OPT_INDENT_2))
        return
    table = Table("topic", "partitions", "event types", "state")
    for state in states:
        table.add_row(
            state.topic.name,
            str(state.topic.partitions),
            ", ".join(state.topic.event_types),
            "\n".join((state.status, *state.differences)),
        )
    console().print(table)


def console(stderr: bool = False) -> Console:
    """Return a console as wide as the terminal, 100 columns at most."""
    found = Console(stderr=stderr)
    return found if found.width <= _WIDTH else Console(stderr=stderr, width=_WIDTH)


@click.command()
@click.argument("source")
@click.option("--speed", callback=speed_factor, default="max", show_default=True, help="1x, 60x, any factor, or max.")
@click.option("--shift-to-now", is_flag=True, help="Move all times so that the last event happens now.")
@click.option("--from", "start", callback=instant, metavar="TIME", help="Leave out events before this recorded time.")
@click.option("--to", "end", callback=instant, metavar="TIME", help="Leave out events at or after this recorded time.")
@click.option("--limit", type=click.IntRange(min=0), help="Take only the first events of the selection.")
@click.option("--raw", is_flag=True, help="Send each line as it is, valid or not, as fast as it goes.")
@click.option("--truth", type=click.Path(path_type=Path), help="With --raw: ground truth that says where poison goes.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def replay(
    source: str,
    speed: float | None,
    shift_to_now: bool,
    start: datetime | None,
    end: datetime | None,
    limit: int | None,
    raw: bool,
    truth: Path | None,
    as_json: bool,
) -> None:
    """Send recorded events to Kafka: SOURCE is `ecom` or a file of events.

    `ecom` is a public clickstream of 31,106 events, fetched on the first use and played by time. A file is
    .csv, .csv.gz, .jsonl or .jsonl.gz in the project's event format and is played in its own order. The whole
    selection is read and checked before the first event is sent. Ctrl-C sends what was accepted, and reports.
    With --raw a file's lines are sent byte for byte and nothing is checked; an event goes to its own topic and key,
    anything else where the ground truth of `shopstream simulate` says (default: FILE.truth.jsonl beside it).

    \b
    Examples:
      shopstream replay ecom --shift-to-now
      shopstream replay ecom --speed 60x --from 2024-03-01 --to 2024-03-02
      shopstream replay events.jsonl.gz --json
      shopstream replay simulated.jsonl.gz --raw
    """
    if raw and (speed is not None or shift_to_now or start or end or limit is not None):
        raise click.UsageError("--raw sends a file as it is: only --truth and --json go with it")
    if truth and not raw:
        raise click.UsageError("--truth goes with --raw")
    # Imported here: `shopstream topics` does not need them.
    from ingestion.raw_producer import RawProducer
    from ingestion.raw_replay import RawFile, replay_raw
    from ingestion.replay import ReplayFailed, ReplayInterrupted, Selection, Source, Span, open_source
    from ingestion.replay import replay as run

    quieten_kafka()
    opened: Source | RawFile = (
        RawFile(Path(source), truth) if raw else open_source(source, read_settings(StateSettings).datasets)
    )
    settings = read_settings(KafkaSettings)
    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console(stderr=True),
        transient=True,
    )
    task: TaskID = progress.add_task(f"reading {opened.name}", total=None)

    def started(span: Span, shift: timedelta) -> None:
        if shift:
            progress.console.print(f"All times are shifted by {shift} ({shift.total_seconds():.6f} s).")
        progress.update(task, description=f"replaying {opened.name}", total=span.events)

    try:
        producer = RawProducer(settings)
        with producer, progress:
            if isinstance(opened, RawFile):
                report = replay_raw(opened, producer, lambda read: progress.update(task, completed=read))
            else:
                report = run(
                    opened,
                    producer,
                    speed=speed,
                    shift=shift_to_now,
                    selection=Selection(start, end, limit),
                    started=started,
                    progress=lambda read: progress.update(task, completed=read),
                )
    except ReplayFailed as failed:
        _print_report(failed.report.as_json(), as_json)
        raise
    except ReplayInterrupted as interrupted:
        _print_report(interrupted.report.as_json(), as_json)
        raise SystemExit(130) from interrupted
    _print_report(report.as_json(), as_json)


def _print_report(report: dict[str, object], as_json: bool) -> None:
    if as_json:
        click.echo(orjson.dumps(report, option=orjson.OPT_INDENT_2))
        return
    table = Table("replay", str(report["source"]))
    table.add_row("events read", f"{report['read']:,}")
    table.add_row("events stored in Kafka", f"{report['produced']:,}")
    if report["failed"]:
        table.add_row("events not stored", f"{report['failed']:,}")
    per_topic = report["per_topic"]
    if isinstance(per_topic, dict):
        for topic, count in per_topic.items():
            table.add_row(f"  {topic}", f"{count:,}")
    if report["first_timestamp"]:
        table.add_row("first event (UTC)", str(report["first_timestamp"]))
        table.add_row("last event (UTC)", str(report["last_timestamp"]))
        table.add_row("shift, seconds", str(report["shift_seconds"]))
    table.add_row("took, seconds", str(report["seconds"]))
    console().print(table)
