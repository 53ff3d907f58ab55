"""The program `flink`, run to its end or ended: a client that outlived an interrupt would submit a job nobody wants."""

import subprocess
from collections.abc import Mapping, Sequence

import psutil

from ingestion.interrupt import held_back

_END_SECONDS = 10


def run(command: Sequence[str], environment: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
    """Run the command, like ``subprocess.run``; whatever interrupts the wait, all its processes end first.

    ``flink run`` is a JVM and a Python process below it. It stays in this process's group: what ends the group, such
    as Ctrl-C or ``timeout``, reaches it too.
    """
    child = None
    try:
        # An exception between the child's start and its name here would leave it to itself.
        with held_back():
            child = subprocess.Popen(  # noqa: S603 (our own command)
                command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            )
        output, errors = child.communicate()
    except BaseException:
        if child:
            _end(child)
        raise
    return subprocess.CompletedProcess(command, child.returncode, output, errors)


def _end(child: "subprocess.Popen[str]") -> None:
    try:
        parent = psutil.Process(child.pid)
        family = [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return
    for process in family:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue  # It ended by itself in between, which is what was wanted.
    # Not until its pipes end: a process that it started at the last moment may hold them.
    with child:
        psutil.wait_procs(family[1:], _END_SECONDS)
