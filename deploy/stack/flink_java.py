"""Flink's Java processes, started as its own scripts do, but at once.

Flink's scripts start one or two more Java processes for each that is wanted: to flatten the configuration, which is
flat here, and to divide the memory (see flink_memory.py). After a TaskManager was killed these were a quarter of the
time until its jobs ran again.
"""

import os
import shlex
from collections.abc import Sequence
from pathlib import Path

from deploy.stack.flink_conf import flink_environment, flink_home, java_options
from deploy.stack.part import require_java
from deploy.stack.settings import StackSettings

FIRST_COMPILER = "-XX:TieredStopAtLevel=1"
"""Java's quick compiler alone, for a process that has little to do once it runs: a JobManager is up with 4.0 instead of
6.3 s of processor time, and takes half as much when a job starts again, just when the TaskManager needs it."""


def java_command(settings: StackSettings, options: Sequence[str], main: str, *arguments: str) -> list[str]:
    """Return the command that runs the class ``main`` of Flink's distribution, its log going to standard output.

    Raises ShopstreamError when there is no Java, or Flink cannot be used.
    """
    log4j = settings.flink_conf / "log4j-console.properties"
    return [
        require_java(),
        *options,
        *shlex.split(java_options()),
        f"-Dlog4j.configuration={log4j.as_uri()}",
        f"-Dlog4j.configurationFile={log4j.as_uri()}",
        "-classpath",
        os.pathsep.join(map(str, _jars())),
        main,
        *arguments,
    ]


def java_environment(settings: StackSettings) -> dict[str, str]:
    """Return the variables that Flink's processes expect."""
    home = flink_home()
    folders = {f"FLINK_{name.upper()}_DIR": str(home / name) for name in ("bin", "lib", "opt", "plugins")}
    # The lake has folders named by event types, which need not be ASCII; Java takes file names from the locale.
    return {**flink_environment(settings), **folders, "LC_ALL": "C.UTF-8"}


def _jars() -> list[Path]:
    """Return the distribution's jars in the order of its scripts, Flink's own last."""
    jars = sorted((flink_home() / "lib").glob("*.jar"))
    return sorted(jars, key=lambda jar: jar.name.startswith("flink-dist"))
