"""`shopstream dead-letters replay`."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from ingestion.dead_letters import tables
from ingestion.dead_letters.decision import Outcome
from ingestion.dead_letters.letter_reader import LetterReader
from ingestion.dead_letters.mended_file import read_mended, write_letters
from ingestion.dead_letters.options import selection, selection_options
from ingestion.dead_letters.replay import Replay, ReplayReport
from ingestion.errors import ShopstreamError
from ingestion.settings import KafkaSettings, read_settings


@click.command()
@selection_options
@click.option(
    "--edit", type=click.Path(path_type=Path), metavar="FILE", help="Write what is to be mended; send nothing."
)
@click.option("--from-file", type=click.Path(path_type=Path), metavar="FILE", help="Send the mended lines of --edit.")
@click.option("--again", is_flag=True, help="Also those that were replayed before.")
@click.option("--all", "force", is_flag=True, help="Also those that are still no events: they will come back.")
@click.option("--dry-run", is_flag=True, help="Say what would be sent, and send nothing.")
@click.option("--yes", is_flag=True, help="Do not ask before sending.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON; needs --yes or --dry-run.")
def replay(
    edit: Path | None,
    from_file: Path | None,
    again: bool,
    force: bool,
    dry_run: bool,
    yes: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Send dead letters to their topics again, each only once.

    Without options that choose, all are looked at. Sent are those that would now be valid events: after an upgrade
    that reads them, or once the time of a future_timestamp has come. Others are mended first: --edit writes them to a
    file of JSON lines, --from-file sends the changed values in their place. What a record becomes is decided by
    the same rules as in the job. Bytes go to the partition they came from with their old key; mended ones where a
    new event would go.

    What was sent is remembered in Kafka (topic dead_letter_replays), in one transaction with the sending: whoever
    runs this again, also after Ctrl-C or a crash, sends the rest and nothing twice.

    \b
    Examples:
      shopstream dead-letters replay --dry-run
      shopstream dead-letters replay --code future_timestamp --yes
      shopstream dead-letters replay --topic transaction_events --from 2026-11-01 --edit bad.jsonl
      sed -i 's/"total": "\\([0-9.]*\\)"/"total": \\1/' bad.jsonl
      shopstream dead-letters replay --from-file bad.jsonl
    """
    if edit and (from_file or dry_run or force):
        raise click.UsageError("--edit sends nothing: give it without --from-file, --dry-run and --all")
    if as_json and not (yes or dry_run or edit):
        raise click.UsageError("--json cannot ask: add --yes or --dry-run")
    mended = None if from_file is None else read_mended(from_file)
    run = Replay(read_settings(KafkaSettings), selection(options), again, force, mended)
    if edit:
        _write(run, edit, as_json)
        return
    report = _watched(run, "reading", run.plan)
    warn_of_foreign(run.reader)
    if not as_json:
        _print(report, sent=False)
    if report.not_found:
        raise ShopstreamError(
            f"{from_file} names {report.not_found[0]}, which is none of the selected dead letters; nothing was sent."
        )
    if dry_run or not report.total(Outcome.SEND):
        if as_json:
            click.echo(json.dumps(_as_json(report), indent=2))
        elif not dry_run:
            click.echo("Nothing to send.")
        return
    if not yes:
        click.confirm(f"Send {report.total(Outcome.SEND):,} records to their topics again?", abort=True)
    try:
        report = _watched(run, "sending", run.send)
    except KeyboardInterrupt as error:
        click.echo(f"Interrupted after {run.report.sent:,} records; the same command sends the rest.", err=True)
        raise SystemExit(130) from error
    except ShopstreamError as error:
        raise ShopstreamError(f"{run.report.sent:,} records were sent, then {error}") from error
    click.echo(json.dumps(_as_json(report), indent=2) if as_json else f"Sent {report.sent:,} records again.")


def warn_of_foreign(reader: LetterReader) -> None:
    """Say on standard error that the topic holds something else, if it does."""
    if reader.foreign:
        click.echo(f"Passed over {reader.foreign:,} records of the topic that are no dead letters.", err=True)


def _write(run: Replay, path: Path, as_json: bool) -> None:
    count = write_letters(path, run.letters())
    if as_json:
        click.echo(json.dumps({"file": str(path), "written": count}))
        return
    click.echo(f"Wrote {count:,} dead letters to {path}. Change `value` in each line, delete lines to leave out, then:")
    click.echo(f"  shopstream dead-letters replay --from-file {path}")


def _watched(run: Replay, what: str, work: Callable[[Callable[[int], None]], ReplayReport]) -> ReplayReport:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = tables.console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(f"{what} dead letters", total=run.reader.size)
        return work(lambda read: progress.update(task, completed=read))


def _print(report: ReplayReport, sent: bool) -> None:
    console = tables.console()
    if report.counts:
        console.print(tables.report_table(report, sent))
    else:
        console.print("No dead letters selected.")
    for source, decision in report.examples:
        where = f"line {decision.line}, " if decision.line else ""
        console.print(f"{where}{source}: {decision.sentence}", markup=False)
    if report.old:
        console.print(
            f"{report.old:,} happened more than 10 minutes ago: the stream will count them as late,"
            " which keeps them in the lake and out of the live results."
        )


def _as_json(report: ReplayReport) -> dict[str, Any]:
    codes = sorted({code for code, _ in report.counts})
    return {
        "sent": report.sent,
        "outcomes": {outcome.name.lower(): report.total(outcome) for outcome in Outcome},
        "by_code": {
            code: {outcome.name.lower(): report.counts[code, outcome] for outcome in Outcome} for code in codes
        },
        "older_than_10_minutes": report.old,
        "examples": [
            {"source": str(source), "line": decision.line, "reason": decision.sentence}
            for source, decision in report.examples
        ],
    }
