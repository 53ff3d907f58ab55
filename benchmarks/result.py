"""What a benchmark found: figures, the goals they are held against, and how both are shown."""

import os
import platform
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any, NamedTuple, Self

import orjson
from rich.console import Console
from rich.markup import escape
from rich.table import Table

_WIDTH = 100


class Spread(NamedTuple):
    """Several measurements of one thing: middle, least and greatest."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Self:
        """Return the spread of one or more values; ValueError without any."""
        found = sorted(values)
        if not found:
            raise ValueError("a spread needs at least one value")
        return cls(statistics.median(found), found[0], found[-1])

    def __str__(self) -> str:
        return f"{number(self.median)} ({number(self.low)} to {number(self.high)})"


@dataclass(frozen=True, slots=True)
class Result:
    """One figure. With neither bound it is only reported; a bound that is reached exactly is met."""

    name: str
    figure: float
    unit: str
    at_least: float | None = None
    at_most: float | None = None
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None without a goal, False for a figure that is no number."""
        if self.at_least is None and self.at_most is None:
            return None
        low = float("-inf") if self.at_least is None else self.at_least
        high = float("inf") if self.at_most is None else self.at_most
        return low <= self.figure <= high

    @property
    def goal(self) -> str:
        """The goal in words, empty without one."""
        bounds = (("at least", self.at_least), ("at most", self.at_most))
        return ", ".join(f"{word} {number(bound)}" for word, bound in bounds if bound is not None)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Read what a benchmark printed; values it does not know are left out."""
        known = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in values.items() if name in known})


@dataclass(frozen=True, slots=True)
class Report:
    """The results of one benchmark; ``details`` holds what is behind them, for instance every round."""

    benchmark: str
    results: Sequence[Result]
    details: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> str:
        """Return everything as JSON, with the machine it ran on."""
        results = [asdict(result) | {"goal": result.goal, "met": result.met} for result in self.results]
        document = {"benchmark": self.benchmark, "machine": machine(), "results": results, "details": self.details}
        return orjson.dumps(document, option=orjson.OPT_INDENT_2).decode()

    def show(self, as_json: bool, console: Console | None = None) -> None:
        """Print the results: a table of at most 100 columns, or JSON."""
        if as_json:
            (console or Console()).file.write(self.as_json() + "\n")
            return
        show_results([(self.benchmark, result) for result in self.results], console)


def show_results(results: Iterable[tuple[str, Result]], console: Console | None = None) -> None:
    """Print results of several benchmarks as one table."""
    console = console or Console()
    if not console.is_terminal or console.width > _WIDTH:
        console = Console(file=console.file, width=_WIDTH)
    table = Table("benchmark", "measured")
    table.add_column("figure", justify="right", no_wrap=True)
    for name in ("unit", "goal", "met"):
        table.add_column(name, no_wrap=True)
    for benchmark, result in results:
        met = "" if result.met is None else "[green]yes[/]" if result.met else "[red]no[/]"
        name = escape(result.name) + (f"\n[dim]{escape(result.note)}[/]" if result.note else "")
        table.add_row(benchmark, name, number(result.figure), result.unit, result.goal, met)
    console.print(table)


def markdown(results: Iterable[tuple[str, Result]]) -> str:
    """Return results of several benchmarks as a Markdown table."""
    lines = ["| benchmark | measured | figure | unit | goal |", "|---|---|---:|---|---|"]
    for benchmark, result in results:
        goal = f"{result.goal}: {'met' if result.met else 'missed'}" if result.goal else ""
        lines.append(f"| {benchmark} | {result.name} | {number(result.figure)} | {result.unit} | {goal} |")
    return "\n".join(lines)


def number(value: float) -> str:
    """Write a figure with as many digits as a reader can use: 12,345; 123; 12.3; 0.0123."""
    return f"{value:,.0f}" if abs(value) >= 100 or float(value).is_integer() else f"{value:.3g}"


def machine() -> dict[str, Any]:
    """Return what a reader of the figures must know about this machine, in general words."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "processors": os.cpu_count(),
        "memory_gib": round(memory, 1),
        "system": platform.system(),
        "architecture": platform.machine(),
        "python": platform.python_version(),
    }
