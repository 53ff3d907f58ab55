"""`shopstream dead-letters list` and `show`; `replay` is in replay_cli.py."""

import base64
import json
import sys
from datetime import UTC, datetime
from typing import Any

import click

from ingestion.cli import quieten_kafka
from ingestion.dead_letters import summary, tables
from ingestion.dead_letters.dead_letter import DeadLetter, Position
from ingestion.dead_letters.letter_reader import LetterReader
from ingestion.dead_letters.marks import Marks, last_mark
from ingestion.dead_letters.options import selection, selection_options
from ingestion.dead_letters.preview import preview
from ingestion.dead_letters.replay_cli import replay, warn_of_foreign
from ingestion.errors import ShopstreamError
from ingestion.settings import KafkaSettings, read_settings
from ingestion.topic_reader import TopicReader
from ingestion.verdict import Rejection


@click.group("dead-letters")
def dead_letters() -> None:
    """Look at the records that are no valid events, and send them again after a fix.

    \b
    Examples:
      shopstream dead-letters list
      shopstream dead-letters list --latest 20 --code bad_value
      shopstream dead-letters show web_events:2:17
      shopstream dead-letters replay --code bad_timestamp --edit bad.jsonl
      shopstream dead-letters replay --from-file bad.jsonl
    """
    quieten_kafka()


dead_letters.add_command(replay)


@dead_letters.command("list")
@selection_options
@click.option("--latest", type=click.IntRange(min=1), metavar="N", help="Show the last N one by one instead of counts.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_letters(latest: int | None, as_json: bool, **options: Any) -> None:
    """Count dead letters by error code and source topic.

    A dead letter appears with the job's next checkpoint. Times are when Kafka received the record. An option that
    is given several times takes each; several options must all hold.

    \b
    Examples:
      shopstream dead-letters list --from 2026-11-01T12:00:00Z
      shopstream dead-letters list --topic transaction_events --offset transaction_events:0:100-200
      shopstream dead-letters list --code not_json --latest 5 --json
    """
    topics = _topics()
    reader, marks = LetterReader(topics), Marks(topics)
    letters = reader.letters(selection(options))
    if latest is None:
        groups = summary.summarise(letters, marks)
        table, rows = tables.group_table(groups), [group.as_json() for group in groups]
    else:
        newest = summary.latest(letters, latest)
        table, rows = tables.letter_table(newest, marks), list(summary.as_json(newest, marks))
    if as_json:
        click.echo(json.dumps(rows, indent=2))
    elif rows:
        tables.console().print(table)
    else:
        click.echo("No dead letters.")
    warn_of_foreign(reader)


@dead_letters.command()
@click.argument("record", metavar="TOPIC:PARTITION:OFFSET")
@click.option("--raw", is_flag=True, help="Write the record's bytes to standard output, and nothing else.")
@click.option("--bytes", "limit", type=click.IntRange(min=1), default=2000, show_default=True, help="Show at most.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with all bytes in base64.")
def show(record: str, raw: bool, limit: int, as_json: bool) -> None:
    """Show one dead letter: why, when, what it would be today, whether it was replayed, and its bytes.

    TOPIC:PARTITION:OFFSET is where the rejected record was, as `list --latest` shows it; or, with the topic
    dead_letter_events, where the dead letter itself is. Bytes that are no text are shown as escapes.

    \b
    Examples:
      shopstream dead-letters show web_events:2:17
      shopstream dead-letters show dead_letter_events:0:3 --json
      shopstream dead-letters show web_events:2:17 --raw > record.json
    """
    topics = _topics()
    letter = LetterReader(topics).find(Position.parse(record))
    if letter is None:
        raise ShopstreamError(
            f"{record} is no dead letter: see `shopstream dead-letters list --latest 20`;"
            " one that is new appears with the job's next checkpoint."
        )
    if raw:
        sys.stdout.buffer.write(letter.raw or b"")
        return
    verdict, mark = letter.verdict(datetime.now(UTC)), last_mark(topics, letter)
    if as_json:
        click.echo(json.dumps(_as_json(letter, topics, verdict), indent=2))
        return
    console = tables.console()
    for line in tables.letter_lines(letter, verdict, mark):
        console.print(line)
    console.print()
    console.print(preview(letter.raw or b"", limit), markup=False)


def _as_json(letter: DeadLetter, topics: TopicReader, verdict: dict[str, Any] | Rejection) -> dict[str, Any]:
    (row,) = summary.as_json([letter], Marks(topics))
    return row | {
        "raw_base64": None if letter.raw is None else base64.b64encode(letter.raw).decode(),
        "key_base64": None if letter.key is None else base64.b64encode(letter.key).decode(),
        "verdict_now": verdict.error_code if isinstance(verdict, Rejection) else "ok",
    }


def _topics() -> TopicReader:
    return TopicReader(read_settings(KafkaSettings).kafka_bootstrap)
