"""What the window of known event ids costs: processor time an event, and state an id.

``python -m benchmarks.deduplication --help``
"""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress

from benchmarks import command
from benchmarks.checkpoint_size import CheckpointSizes
from benchmarks.flink_process import FlaggedView, FlinkProcess
from benchmarks.result import Report, Result, Spread

NAME = "deduplication"
BACKENDS = {"heap": "hashmap", "rocksdb": "rocksdb"}
"""Flink's state backends, by the word that the results use."""

_AT_ONCE = "'rows-per-second' = '1000000'"
"""Flink's generator gives only 10,000 rows a second unless told otherwise."""

_WITHOUT, _WITH = "without", "with"
_WARM_UPS = 1
_TEXTS = 14


def _statements(sources: Mapping[str, str], id_of: str) -> list[str | FlaggedView]:
    """Return tables and a view of records as wide as the job's: 14 texts, 3 numbers; ids of 36 characters."""
    tables = [
        f"CREATE TEMPORARY TABLE {name} (n BIGINT, row_time AS TO_TIMESTAMP_LTZ(1700000000000 + n, 3),"
        f" WATERMARK FOR row_time AS row_time) WITH ('connector' = 'datagen', 'fields.n.kind' = 'sequence', {options})"
        for name, options in sources.items()
    ]
    texts = ", ".join(f"CONCAT('value-{place}-', CAST(MOD(n, 1000) AS STRING)) AS c{place}" for place in range(_TEXTS))
    rows = " UNION ALL ".join(f"SELECT * FROM {name}" for name in sources)  # noqa: S608 (our own tables)
    return [
        *tables,
        f"CREATE TEMPORARY VIEW valid_records AS SELECT CONCAT('evt-', MD5(CAST({id_of} AS STRING))) AS event_id,"  # noqa: S608 (our own columns)
        f" row_time, {texts}, CAST(n AS DOUBLE) AS total, CAST(n AS DOUBLE) AS price, n AS quantity,"
        f" 'web_events' AS topic, CAST(MOD(n, 8) AS INT) AS `partition` FROM ({rows})",
        f"CREATE TEMPORARY TABLE sink (event_id STRING, {', '.join(f'c{place} STRING' for place in range(_TEXTS))},"
        " total DOUBLE, is_duplicate BOOLEAN) WITH ('connector' = 'blackhole')",
        FlaggedView("valid_records", "flagged_records"),
    ]


def _insert(flag: str) -> str:
    names = ", ".join(f"c{place}" for place in range(_TEXTS))
    source, is_duplicate = ("flagged_records", "is_duplicate") if flag == _WITH else ("valid_records", "FALSE")
    return f"INSERT INTO sink SELECT event_id, {names}, total, {is_duplicate} FROM {source}"  # noqa: S608 (as above)


def time_of_events(events: int, rounds: int, progress: Progress) -> dict[str, dict[str, list[float]]]:
    """Return the processor seconds of the job with and without the flag, by state backend; 2 % are duplicates."""
    numbers = {"numbers": f"'fields.n.start' = '1', 'fields.n.end' = '{events}', {_AT_ONCE}"}
    statements = _statements(numbers, "CASE WHEN MOD(n, 50) = 0 THEN n - 10 ELSE n END")
    measured: dict[str, dict[str, list[float]]] = {}
    task = progress.add_task("time", total=len(BACKENDS) * (rounds + _WARM_UPS) * 2)
    for backend, option in BACKENDS.items():
        measured[backend] = {_WITHOUT: [], _WITH: []}
        with FlinkProcess({"state.backend.type": option}) as process:
            for turn in range(rounds + _WARM_UPS):
                for flag in (_WITHOUT, _WITH) if turn % 2 else (_WITH, _WITHOUT):
                    usage = process.run(statements, _insert(flag))
                    if turn >= _WARM_UPS:
                        measured[backend][flag].append(usage.cpu_seconds)
                    progress.advance(task)
    return measured


def size_of_state(ids: int, seconds: int, progress: Progress) -> dict[str, int]:
    """Return the bytes of a checkpoint with so many ids, by state backend.

    The ids come at once; then the job lives on for ``seconds``, in which checkpoints show the settled size.
    """
    sources = {
        "numbers": f"'fields.n.start' = '1', 'fields.n.end' = '{ids}', {_AT_ONCE}",
        "afterwards": f"'fields.n.start' = '{ids + 1}', 'fields.n.end' = '{ids + seconds}', 'rows-per-second' = '1'",
    }
    sizes = {}
    task = progress.add_task("state", total=len(BACKENDS))
    for backend, option in BACKENDS.items():
        with tempfile.TemporaryDirectory(prefix="shopstream-benchmark-") as name:
            options = {
                "state.backend.type": option,
                "execution.checkpointing.interval": "2 s",
                "execution.checkpointing.incremental": "true",
                "execution.checkpointing.storage": "filesystem",
                "execution.checkpointing.dir": Path(name).as_uri(),
            }
            with FlinkProcess(options) as process, CheckpointSizes(Path(name)) as seen:
                process.run(_statements(sources, "n"), _insert(_WITH))
            sizes[backend] = seen.settled()
        progress.advance(task)
    return sizes


def report(
    times: Mapping[str, Mapping[str, Sequence[float]]], events: int, sizes: Mapping[str, int], ids: int
) -> Report:
    """Return the time that an event costs more with the flag, and the state that an id costs."""
    results = []
    for backend, measured in times.items():
        base = Spread.of(measured[_WITHOUT]).median
        micros = Spread.of((seconds - base) / events * 1e6 for seconds in measured[_WITH])
        results.append(Result(f"event flags, {backend}", micros.median, "us/event", note=f"rounds: {micros}"))
        alone = base / events * 1e6
        results.append(Result(f"the same job without them, {backend}", alone, "us/event", note="generates its rows"))
    results += [Result(f"state, {backend}", size / ids, "bytes/id") for backend, size in sizes.items()]
    details = {"events": events, "cpu_seconds": times, "ids": ids, "checkpoint_bytes": sizes}
    return Report(NAME, results, details)


@click.command()
@click.option("--events", default=1_000_000, show_default=True, type=click.IntRange(min=10_000), help="In a round.")
@click.option("--rounds", default=3, show_default=True, type=click.IntRange(min=1), help="Measured runs of each job.")
@click.option("--ids", default=500_000, show_default=True, type=click.IntRange(min=10_000), help="In the state.")
@click.option("--settle", default=60, show_default=True, type=click.IntRange(min=15), help="Seconds, see below.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def main(events: int, rounds: int, ids: int, settle: int, as_json: bool) -> None:
    """Measure what it costs to know every event id of the last hour.

    The same bounded job runs with and without the flags for late and repeated events, in turns in one JVM, on rows as
    wide as the job's; the difference of the JVM's processor time includes what keying the rows costs. State is the
    size of a complete checkpoint of --ids different ids of 36 characters, seen --settle seconds long after they came.

    \b
    Examples:
      python -m benchmarks.deduplication
      python -m benchmarks.deduplication --events 200000 --rounds 5 --json
    """
    with Progress(console=Console(stderr=True), transient=True) as progress:
        times = time_of_events(events, rounds, progress)
        sizes = size_of_state(ids, settle, progress)
    report(times, events, sizes, ids).show(as_json)


if __name__ == "__main__":
    command.run(main)
