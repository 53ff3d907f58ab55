"""What the anomaly detector finds, misses and invents, on synthetic weeks of many event types.

``python -m benchmarks.anomalies --help``
"""

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import click
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from benchmarks.alert_stream import SLOT, alerts, final_row
from benchmarks.command import run
from benchmarks.event_series import SLOTS_PER_DAY, Planted, hours, slot_counts
from benchmarks.result import Report, Result
from flink_jobs.anomalies.rules import Rule

NAME = "anomalies"

START = datetime(2026, 3, 5, tzinfo=UTC)
PER_HOUR = (10, 50, 250, 1_000, 5_000, 20_000)
DISPERSION = (1, 2, 4)
DAYS = 26
_FIRST_DAY = 8
_EVERY_SLOTS = 3 * SLOTS_PER_DAY
# From here on a type is frequent enough for its halves and doubles to stand out of its noise.
_FREQUENT = 1_000


class Kind(NamedTuple):
    """Events come at ``factor`` times their rate for ``slots`` slots of ten minutes."""

    factor: float
    slots: int

    def __str__(self) -> str:
        return f"{self.factor:g} times the events for {self.slots // 6} h"


KINDS = (Kind(3, 12), Kind(2, 12), Kind(1.5, 36), Kind(0.5, 12), Kind(0.2, 12), Kind(0, 6))


@dataclass(frozen=True, slots=True)
class Series:
    """The hours of one event type, and what was planted in them."""

    per_hour: int
    counts: NDArray[np.int64]
    planted: tuple[tuple[Kind, Planted], ...]

    @classmethod
    def make(cls, per_hour: int, dispersion: int, seed: int) -> "Series":
        """Make one: each kind once, in any order, three days apart at any time of the day."""
        rng = np.random.default_rng(seed)
        planted = []
        for number, place in enumerate(rng.permutation(len(KINDS))):
            kind = KINDS[place]
            start = _FIRST_DAY * SLOTS_PER_DAY + number * _EVERY_SLOTS + int(rng.integers(SLOTS_PER_DAY))
            planted.append((kind, Planted(start, kind.slots, kind.factor)))
        slots = slot_counts(rng, DAYS, per_hour, dispersion, (each for _, each in planted))
        return cls(per_hour, hours(slots), tuple(planted))


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of one planted anomaly. In slots: from its first window to the alert's, and of the ends likewise."""

    per_hour: int
    kind: Kind
    is_found: bool
    start_off: int = 0
    end_off: int = 0


def compare(series: Mapping[str, Series], found: Iterable[Mapping[str, Any]]) -> tuple[list[Finding], int]:
    """Return what became of each planted anomaly, and the number of alerts without one.

    An alert belongs to an anomaly when it has its direction and a window that holds a part of it. Two windows next
    to those are the anomaly's shadow: what is found there is neither.
    """
    by_type: dict[str, list[tuple[str, range]]] = {name: [] for name in series}
    for row in found:
        windows = range(_slot(row["started_at"]), _slot(row["ended_at"]) - 5)
        by_type[row["event_type"]].append((row["direction"], windows))
    findings = []
    false = 0
    for name, one in series.items():
        for kind, planted in one.planted:
            direction = "high" if kind.factor > 1 else "low"
            hits = [windows for each, windows in by_type[name] if each == direction and _meet(windows, planted.windows)]
            if hits:
                start_off = min(hit[0] for hit in hits) - planted.windows[0]
                end_off = max(hit[-1] for hit in hits) - planted.windows[-1]
                findings.append(Finding(one.per_hour, kind, True, start_off, end_off))
            else:
                findings.append(Finding(one.per_hour, kind, False))
        shadows = [range(planted.windows[0] - 2, planted.windows[-1] + 3) for _, planted in one.planted]
        false += sum(not any(_meet(windows, shadow) for shadow in shadows) for _, windows in by_type[name])
    return findings, false


def _meet(one: range, other: range) -> bool:
    return one[0] <= other[-1] and other[0] <= one[-1]


def _slot(moment: str) -> int:
    return (datetime.fromisoformat(moment) - START) // SLOT


def report(series: Mapping[str, Series], found: Sequence[Mapping[str, Any]]) -> Report:
    """Return recall, precision, false alarms and how exact the ends are."""
    findings, false = compare(series, found)
    frequent = [finding for finding in findings if finding.per_hour >= _FREQUENT]
    weeks = len(series) * (DAYS - 5) / 7
    hits = [finding for finding in findings if finding.is_found]
    results = [
        Result("false alarms of an event type in a week", false / weeks, "alerts", at_most=0.5),
        Result("alerts that belong to a planted anomaly", 1 - false / max(1, len(found)), "of all"),
        *(
            Result(f"found: {kind}", _share(frequent, kind), "of all", note=f"from {_FREQUENT:,} events an hour on")
            for kind in KINDS
        ),
        Result("first window of the alert, after that of the anomaly", _median(hits, "start_off"), "windows"),
        Result("last window of the alert, before that of the anomaly", -_median(hits, "end_off"), "windows"),
    ]
    by_rate = {
        str(kind): {
            str(per_hour): _share([finding for finding in findings if finding.per_hour == per_hour], kind)
            for per_hour in PER_HOUR
        }
        for kind in KINDS
    }
    details = {"event_types": len(series), "days": DAYS, "alerts": len(found), "false": false, "found": by_rate}
    return Report(NAME, results, details)


def _share(findings: list[Finding], kind: Kind) -> float:
    of_kind = [finding.is_found for finding in findings if finding.kind == kind]
    return sum(of_kind) / max(1, len(of_kind))


def _median(findings: list[Finding], name: str) -> float:
    return float(np.median([getattr(finding, name) for finding in findings])) if findings else float("nan")


def detect(series: Mapping[str, Series], score: float | None = None) -> list[dict[str, Any]]:
    """Run the job over the windows; return the last state of each alert that ended. ``score``: None for the default."""
    rows = (
        final_row(name, START + slot * SLOT, int(one.counts[slot]), 1 + int(one.counts[slot]) // 5)
        for slot in range(len(next(iter(series.values())).counts))
        for name, one in series.items()
        if one.counts[slot]
    )
    rules = [
        Rule("count_threshold", is_on=False),
        Rule("intensity_threshold", is_on=False),
        Rule("unusual", limit=score),
    ]
    with tempfile.TemporaryDirectory() as folder:
        latest = {row["alert_id"]: row for row in alerts(Path(folder) / "job", rows, rules)}
    return [row for row in latest.values() if row["status"] == "closed"]


@click.command()
@click.option("--rounds", type=click.IntRange(min=1), default=3, show_default=True, help="Event types of each sort.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the first event type.")
@click.option("--score", type=float, help="That makes an hour unusual. Default: the job's.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def main(rounds: int, seed: int, score: float | None, as_json: bool) -> None:
    """Plant six anomalies in each of many event types and see what the job finds.

    A sort is a rate (10 to 20,000 events an hour) and a dispersion (1, 2 or 4); a type has four weeks with a daily and
    a weekly rhythm.

    \b
    Examples:
      python -m benchmarks.anomalies
      python -m benchmarks.anomalies --rounds 5 --seed 1000 --json
    """
    sorts = [(per_hour, dispersion) for per_hour in PER_HOUR for dispersion in DISPERSION for _ in range(rounds)]
    series = {f"type_{number}": Series.make(*sort, seed + number) for number, sort in enumerate(sorts)}
    found = report(series, detect(series, score))
    found.show(as_json)
    if not as_json:
        table = Table("found", *(f"{per_hour:,}/h" for per_hour in PER_HOUR))
        for kind, shares in found.details["found"].items():
            table.add_row(kind, *(f"{share:.2f}" for share in shares.values()))
        Console(width=100).print(table)


if __name__ == "__main__":
    run(main)
