"""How dead letters are shown to a person."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ingestion.dead_letters.dead_letter import DeadLetter
from ingestion.dead_letters.decision import Outcome
from ingestion.dead_letters.marks import Mark, Marks
from ingestion.dead_letters.replay import ReplayReport
from ingestion.dead_letters.summary import LetterGroup
from ingestion.verdict import Rejection

_WIDTH = 100


def console(stderr: bool = False) -> Console:
    """Return a console of at most 100 columns; of 100 where nothing says how wide a line may be."""
    found = Console(stderr=stderr, highlight=False)
    width = min(found.width, _WIDTH) if found.is_terminal else _WIDTH
    return Console(stderr=stderr, highlight=False, width=width)


def group_table(groups: Iterable[LetterGroup]) -> Table:
    """Return one row a code and topic; times are Kafka's, in UTC."""
    table = _table("code and topic", ">count", ">replayed", "first and last (UTC)", show_lines=True)
    table.add_column("latest reason", overflow="fold")
    for group in groups:
        table.add_row(
            f"{group.error_code}\n{group.source_topic}",
            f"{group.count:,}",
            f"{group.replayed:,}",
            f"{_time(group.first)}\n{_time(group.last)}",
            Text(group.example),
        )
    return table


def letter_table(letters: Iterable[DeadLetter], marks: Marks) -> Table:
    """Return one row a letter."""
    table = _table("record and Kafka time (UTC)", "code", ">bytes", "replayed", show_lines=True)
    table.add_column("reason", overflow="fold")
    for letter in letters:
        table.add_row(
            f"{letter.source}\n{_time(letter.kafka_time)}",
            letter.error_code,
            f"{len(letter.raw or b''):,}",
            "yes" if marks.replayed_at(letter) else "",
            Text(letter.message),
        )
    return table


def letter_lines(letter: DeadLetter, verdict: dict[str, Any] | Rejection, mark: Mark | None) -> Iterable[Text]:
    """Yield what is known of one letter but its bytes."""
    today = f"{verdict.error_code}: {verdict.message}" if isinstance(verdict, Rejection) else "a valid event"
    replayed = (
        f"{_time(mark.replayed_at)} UTC to {mark.sent_to}{', mended' if mark.mended else ''}" if mark else "never"
    )
    key = "none" if letter.key is None else ascii(letter.key.decode(errors="backslashreplace"))[1:-1]
    rows = {
        "record": str(letter.source),
        "dead letter": str(letter.found_at),
        "code": letter.error_code,
        "reason": letter.message,
        "received": f"{_time(letter.kafka_time)} UTC",
        "rejected": f"{_time(letter.written_at)} UTC",
        "key": key,
        "bytes": f"{len(letter.raw or b''):,}{' (the first; the rest was not kept)' if letter.is_cut else ''}",
        "today": today,
        "replayed": replayed,
    }
    for name, value in rows.items():
        yield Text.assemble((f"{name:<12}", "bold"), value)


def report_table(report: ReplayReport, sent: bool) -> Table:
    """Return one row a code; ``sent``: it happened, else it would."""
    outcomes = list(Outcome)
    names = ("sent" if outcome is Outcome.SEND and sent else outcome.value for outcome in outcomes)
    table = _table("code", *(f">{name}" for name in names))
    for code in sorted({code for code, _ in report.counts}):
        table.add_row(code, *(f"{report.counts[code, outcome]:,}" for outcome in outcomes))
    if len(table.rows) != 1:
        table.add_section()
        table.add_row("all", *(f"{report.total(outcome):,}" for outcome in outcomes))
    return table


def _table(*headings: str, show_lines: bool = False) -> Table:
    """Return a table whose columns do not wrap; ``>`` is for numbers."""
    table = Table(show_lines=show_lines)
    for heading in headings:
        table.add_column(heading.lstrip(">"), no_wrap=True, justify="right" if heading.startswith(">") else "left")
    return table


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S")
