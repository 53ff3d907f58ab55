"""The ``shop-event`` format beside Flink's own ``json``: processor time per event, on the same Kafka topic.

``python -m benchmarks.parser --help``
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import click
from rich.console import Console
from rich.progress import Progress

from benchmarks import command, formats, traffic
from benchmarks.flink_process import FlinkProcess
from benchmarks.result import Report, Result, Spread
from benchmarks.stack import running
from ingestion import topic_admin
from ingestion.topics import Topic

NAME = "parser"
GOAL = 0.5
_FEW = 500
_WARM_UPS = 2

RAW, OURS, WHOLE, JSON, JSON_TEXT = "raw", "shop-event", "shop-event, whole", "json", "json, time as text"
_COLUMNS = formats.event_columns()
_SAME = [column for column in _COLUMNS if column.path not in formats.VERDICT]
JOBS: dict[str, Callable[[str], formats.Job]] = {
    RAW: formats.raw,
    OURS: lambda kafka: formats.ours(_SAME, kafka),
    JSON: lambda kafka: formats.flink_json(_SAME, kafka),
    WHOLE: lambda kafka: formats.ours(_COLUMNS, kafka),
    JSON_TEXT: lambda kafka: formats.flink_json(_SAME, kafka, timestamp="STRING"),
}
"""What is compared, by name; each is given the options of the Kafka table."""


class Round(NamedTuple):
    """Processor seconds of the same job on a nearly empty topic and on the full one."""

    few: float
    full: float


def parse_micros(rounds: Mapping[str, Sequence[Round]], events: int) -> dict[str, Spread]:
    """Return the processor time per event of each format, in microseconds, start of the job and raw read subtracted.

    ``raw`` itself is given as the read alone. What is subtracted is the median over its rounds.
    """
    starts = {name: Spread.of(round.few for round in measured).median for name, measured in rounds.items()}
    whole = {name: [round.full - starts[name] for round in measured] for name, measured in rounds.items()}
    read = Spread.of(whole[RAW]).median
    return {
        name: Spread.of((seconds - (0 if name == RAW else read)) / events * 1e6 for seconds in measured)
        for name, measured in whole.items()
    }


def report(rounds: Mapping[str, Sequence[Round]], events: int) -> Report:
    """Return the ratios, which have the goal, and the times they are made of."""
    micros = parse_micros(rounds, events)
    theirs = micros[JSON].median
    results = [
        Result(f"{name} / {JSON}", micros[name].median / theirs, "ratio", at_most=GOAL, note=note)
        for name, note in (
            (OURS, "the same columns, timestamps typed"),
            (WHOLE, "all columns of the job: also verdict, raw bytes, whole objects"),
        )
    ]
    results += [Result(name, spread.median, "us/event", note=f"rounds: {spread}") for name, spread in micros.items()]
    details = {name: [round._asdict() for round in measured] for name, measured in rounds.items()}
    return Report(NAME, results, {"events": events, "cpu_seconds": details})


def measure(events: int, rounds: int, progress: Progress) -> dict[str, list[Round]]:
    """Run every job ``rounds`` times over ``events`` events, in turns, each format in a JVM of its own."""
    measured: dict[str, list[Round]] = {name: [] for name in JOBS}
    with running("kafka") as settings, ExitStack() as stack:
        bootstrap = settings.kafka_bootstrap
        topics = {"few": _FEW, "full": events}
        topic_admin.apply(bootstrap, topics=[Topic(name, 1) for name in topics])
        for name, count in topics.items():
            _fill(bootstrap, name, count, settings.home, progress)
        processes = {name: stack.enter_context(FlinkProcess()) for name in JOBS}
        turns = rounds + _WARM_UPS
        task = progress.add_task("measuring", total=turns * len(JOBS))
        for turn in range(turns):
            # To and fro, so that a machine that gets slower or faster favours none.
            for name in list(JOBS) if turn % 2 else reversed(JOBS):
                jobs = [JOBS[name](formats.bounded_topic(bootstrap, topic)) for topic in topics]
                used = Round(*(processes[name].run([job.source, job.sink], job.insert).cpu_seconds for job in jobs))
                counts = turn >= _WARM_UPS
                if counts:
                    measured[name].append(used)
                # At once, so that a run that is broken off leaves what it has found.
                kind = "round" if counts else "warm-up"
                progress.console.print(f"{kind}: {name}: {used.few:.2f} s, full {used.full:.2f} s", highlight=False)
                progress.advance(task)
    return measured


def _fill(bootstrap: str, topic: str, events: int, folder: Path, progress: Progress) -> None:
    """Write simulated events to a topic, their times with a literal Z, without which `json` reads no time."""
    task = progress.add_task(f"simulating {events:,} events", total=events)
    path = folder / f"{topic}.jsonl"
    with path.open("wb") as file:
        for record in traffic.records(events, **traffic.CLEAN):
            file.write(record.value.replace(b'+00:00"', b'Z"') + b"\n")
            progress.advance(task)
    kafka = f"'connector' = 'kafka', 'topic' = '{topic}', 'properties.bootstrap.servers' = '{bootstrap}'"
    # Flink writes a million events in seconds; Python would take minutes.
    with FlinkProcess() as process:
        process.run(
            [
                "CREATE TEMPORARY TABLE lines (`raw` BYTES) WITH"
                f" ('connector' = 'filesystem', 'path' = '{path}', 'format' = 'raw')",
                f"CREATE TEMPORARY TABLE topic (`raw` BYTES) WITH ({kafka}, 'format' = 'raw')",
            ],
            "INSERT INTO topic SELECT * FROM lines",
        )
    path.unlink()
    progress.remove_task(task)


@click.command()
@click.option("--events", default=1_000_000, show_default=True, type=click.IntRange(min=10_000), help="In the topic.")
@click.option("--rounds", default=5, show_default=True, type=click.IntRange(min=1), help="Measured runs of each job.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def main(events: int, rounds: int, as_json: bool) -> None:
    """Compare the processor time that `shop-event` and Flink's `json` take for an event.

    Both read the same Kafka topic on the same broker, started for this, and give the same typed columns to a sink
    that keeps nothing; each format in a JVM of its own, in turns, after two runs that do not count. The time is that
    of the whole JVM (garbage collection included), less the same job on 500 events, less reading the raw bytes.

    \b
    Examples:
      python -m benchmarks.parser
      python -m benchmarks.parser --rounds 3 --json
    """
    with Progress(console=Console(stderr=True), transient=True) as progress:
        rounds_of = measure(events, rounds, progress)
    report(rounds_of, events).show(as_json)


if __name__ == "__main__":
    command.run(main)
