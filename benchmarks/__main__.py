"""All benchmarks, one after the other: ``python -m benchmarks --help``."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import orjson
from rich.console import Console

from benchmarks.result import Result, markdown, show_results
from deploy.stack.settings import ROOT

_PATH = (
    "producer",
    "simulator",
    "collector",
    "deduplication",
    "parser",
    "pipeline",
    "side_by_side",
    "freshness",
    "user_state",
    "training",
    "serving",
)
"""The order of the path that an event takes; others follow."""


def _found() -> list[str]:
    """The modules of this package that give their benchmark a NAME; read, not imported, which would take seconds."""
    modules = Path(__file__).parent.glob("*.py")
    return [path.stem for path in modules if re.search(r"^NAME = ", path.read_text(), re.MULTILINE)]


BENCHMARKS = sorted(_found(), key=lambda name: (_PATH.index(name) if name in _PATH else len(_PATH), name))
"""All there are. Each is a module of this package, and a command of its own."""

RESULTS = Path(__file__).with_name("results")
"""Folder of the last results, one JSON file a benchmark."""


def run(name: str) -> bool:
    """Run one benchmark in a process of its own and keep its results; tell whether it came to its end.

    Results of an earlier run are gone either way: they would pass for those of this one.
    """
    target = RESULTS / f"{name}.json"
    target.unlink(missing_ok=True)
    command = [sys.executable, "-m", f"benchmarks.{name}", "--json"]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=False)  # noqa: S603 (our own command)
    if done.returncode == 0:
        RESULTS.mkdir(exist_ok=True)
        target.write_bytes(done.stdout)
    return done.returncode == 0


def kept(name: str) -> list[Result]:
    """Return the last results of a benchmark; none when it has not run, or failed."""
    path = RESULTS / f"{name}.json"
    if not path.is_file():
        return []
    found: dict[str, Any] = orjson.loads(path.read_bytes())
    return [Result.from_json(values) for values in found["results"]]


def _names(_ctx: click.Context, _param: click.Parameter, text: str) -> list[str]:
    names = text.replace(",", " ").split() or list(BENCHMARKS)
    if unknown := [name for name in names if name not in BENCHMARKS]:
        raise click.BadParameter(f"there is no benchmark {unknown[0]}: choose from {', '.join(BENCHMARKS)}")
    return [name for name in BENCHMARKS if name in names]


@click.command()
@click.option("--only", default="", callback=_names, help="Names, separated by commas. Default: all.")
@click.option("--show", is_flag=True, help="Run nothing; show the last results.")
@click.option("--markdown", "as_markdown", is_flag=True, help="Run nothing; print the last results for the README.")
def main(only: list[str], show: bool, as_markdown: bool) -> None:
    """Run the benchmarks, show what they found and keep it in benchmarks/results.

    Exits with 1 when one failed or a goal was missed. Let nothing else run meanwhile: the figures are of the machine
    as it is.

    \b
    Examples:
      python -m benchmarks                        # as `make bench`
      python -m benchmarks --only parser,producer
      python -m benchmarks --show
    """
    console = Console(stderr=True)
    failed = []
    for name in [] if show or as_markdown else only:
        console.print(f"[bold]{name}[/]")
        if not run(name):
            failed.append(name)
    results = [(name, result) for name in only for result in kept(name)]
    if as_markdown:
        click.echo(markdown(results))
    else:
        show_results(results)
    missed = sorted({name for name, result in results if result.met is False})
    for word, names in (("failed", failed), ("missed a goal", missed)):
        if names:
            console.print(f"[red]{', '.join(names)} {word}.[/]")
    if failed or missed:
        sys.exit(1)


if __name__ == "__main__":
    main()
