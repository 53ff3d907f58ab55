"""The command ``shopstream simulate``."""

import re
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import orjson
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from ingestion.cli import console, instant, quieten_kafka, speed_factor
from ingestion.interrupt import ctrl_c
from ingestion.settings import KafkaSettings, StateSettings, read_settings
from ingestion.simulator.scenario import Scenario

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def _duration(_ctx: click.Context, _param: click.Parameter, text: str) -> timedelta:
    """Read a number with a unit, such as 30s, 10m, 2h or 90d."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd])", text, re.ASCII)
    if match is None or float(match[1]) == 0:
        raise click.BadParameter(f"{text} is not a duration such as 30s, 10m, 2h or 90d")
    return timedelta(seconds=float(match[1]) * _UNITS[match[2]])


_SHARE = click.FloatRange(0, 1)


@click.command()
@click.option("--users", default=50_000, show_default=True, type=click.IntRange(min=1), help="Living visitors.")
@click.option("--rate", default=2000.0, show_default=True, help="Mean clean events a second of stream time.")
@click.option(
    "--duration", default="10m", show_default=True, callback=_duration, help="Stream time: 30s, 10m, 2h, 90d."
)
@click.option(
    "--seed", default=1, show_default=True, type=click.IntRange(min=0), help="Same seed and start, same bytes."
)
@click.option(
    "--start",
    callback=instant,
    metavar="TIME",
    help="Event time of the beginning (UTC). Default: now if sent in real time, else now less the duration.",
)
@click.option("--flat", is_flag=True, help="No daily rhythm: the rate is the same at any hour.")
@click.option("--late", default=0.05, show_default=True, type=_SHARE, help="Share that comes 0.5 to 9.5 minutes late.")
@click.option(
    "--too-late", default=0.005, show_default=True, type=_SHARE, help="Share 15 minutes to 2 hours late, added."
)
@click.option("--out-of-order", default=0.1, show_default=True, type=_SHARE, help="Share that comes up to 3 s later.")
@click.option("--duplicates", default=0.02, show_default=True, type=_SHARE, help="Share sent again within 5 minutes.")
@click.option(
    "--poison", default=0.01, show_default=True, type=_SHARE, help="Share of records that are no events, added."
)
@click.option(
    "--anomalies", default=3, show_default=True, type=click.IntRange(min=0), help="Bursts, bots, outages in turn."
)
@click.option("--out", type=click.Path(path_type=Path), help="Write to FILE.jsonl or FILE.jsonl.gz instead of Kafka.")
@click.option(
    "--truth", type=click.Path(path_type=Path), help="Ground truth. Default: beside --out, else in the state."
)
@click.option("--no-users", is_flag=True, help="Leave the visitors out of the ground truth.")
@click.option(
    "--speed",
    default="1x",
    show_default=True,
    callback=speed_factor,
    help="Stream time over real time, such as 60x, or max. A file is always written at max.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def simulate(
    users: int,
    rate: float,
    duration: timedelta,
    seed: int,
    start: datetime | None,
    flat: bool,
    late: float,
    too_late: float,
    out_of_order: float,
    duplicates: float,
    poison: float,
    anomalies: int,
    out: Path | None,
    truth: Path | None,
    no_users: bool,
    speed: float | None,
    as_json: bool,
) -> None:
    """Simulate the traffic of a shop, to Kafka or into a file, with a ground truth of all that is wrong with it.

    Visits with a daily rhythm, funnels with drop-off, purchases that add up; late and too late events,
    duplicates, poison, anomalies and churners, each named in the ground truth (docs/simulator.md). Ctrl-C ends
    cleanly with what was sent.

    \b
    Examples:
      shopstream simulate --users 50000 --rate 2000 --duration 10m    # to Kafka, in real time
      shopstream simulate --duration 2h --speed 60x
      shopstream simulate --users 5000 --rate 3 --duration 60d --out march.jsonl.gz --start 2026-03-01
      shopstream replay march.jsonl.gz --raw                          # the same bytes to Kafka
    """
    from ingestion.simulator.ground_truth import TruthWriter, truth_beside
    from ingestion.simulator.output import FileOutput, KafkaOutput, Output
    from ingestion.simulator.simulation import Simulation

    live = out is None and speed == 1.0
    now = datetime.now(UTC).replace(microsecond=0)
    scenario = Scenario(
        users=users,
        rate=rate,
        start=start or (now if live else now - duration),
        duration=duration,
        seed=seed,
        flat=flat,
        late=late,
        too_late=too_late,
        out_of_order=out_of_order,
        duplicates=duplicates,
        poison=poison,
        anomalies=anomalies,
    )
    truth_path = truth or (truth_beside(out) if out else _truth_in_state(scenario))
    progress = _progress()
    task = progress.add_task("simulating", total=duration.total_seconds(), events=0, rate=0)

    def show(records: int, at_us: int) -> None:
        elapsed = progress.tasks[0].elapsed or 0
        done = (at_us - scenario.start_us) / 1e6
        progress.update(task, completed=done, events=records, rate=records / elapsed if elapsed else 0)

    with ExitStack() as stack:
        stop = stack.enter_context(ctrl_c())
        output: Output
        if out is None:
            from ingestion.raw_producer import RawProducer

            quieten_kafka()
            producer = RawProducer(read_settings(KafkaSettings))
            stack.enter_context(producer)
            output = KafkaOutput(producer, scenario, speed, stop)
        else:
            output = stack.enter_context(FileOutput(out))
        writer = stack.enter_context(TruthWriter(truth_path))
        stack.enter_context(progress)
        report = Simulation(scenario).run(output, writer, stop, not no_users, show)
    _print(report.as_json() | {"out": None if out is None else str(out), "truth": str(truth_path)}, as_json)
    if not report.complete:
        raise SystemExit(130)


def _truth_in_state(scenario: Scenario) -> Path:
    name = f"{scenario.start.astimezone(UTC):%Y%m%dT%H%M%SZ}-{scenario.run}.truth.jsonl"
    return read_settings(StateSettings).state / "simulations" / name


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[events]:,} records, {task.fields[rate]:,.0f}/s"),
        TimeElapsedColumn(),
        console=console(stderr=True),
        transient=True,
    )


def _print(report: dict[str, object], as_json: bool) -> None:
    if as_json:
        click.echo(orjson.dumps(report, option=orjson.OPT_INDENT_2))
        return
    table = Table("simulation", "complete" if report["complete"] else "cut short by Ctrl-C")
    for name, value in report.items():
        if name == "complete" or value is None:
            continue
        if isinstance(value, dict):
            for part, count in value.items():
                table.add_row(f"  {part}", f"{count:,}")
        else:
            table.add_row(name.replace("_", " "), f"{value:,}" if isinstance(value, int) else str(value))

    console().print(table)
