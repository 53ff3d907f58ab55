"""The client of `flink run` ends when the one that waits for it is interrupted, wherever that happens."""

import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from flink_jobs import client

# A JVM with a Python process below it, in the form of two shells.
FAMILY = "sleep 600 & echo $! > {pids}; echo $$ >> {pids}; wait"
IN_THE_WAIT = """
import os, signal, threading, time
from pathlib import Path
def press():
    while not (Path({pids!r}).exists() and Path({pids!r}).read_text().count(chr(10)) == 2):
        time.sleep(0.01)
    os.kill(os.getpid(), signal.SIGINT)
threading.Thread(target=press).start()
"""
# The moment in which the child lives and the caller does not know it yet.
RIGHT_AFTER_THE_START = """
import os, signal, subprocess, time
from pathlib import Path
fork = subprocess._fork_exec
def fork_and_press(*arguments):
    pid = fork(*arguments)
    while not (Path({pids!r}).exists() and Path({pids!r}).read_text().count(chr(10)) == 2):
        time.sleep(0.01)
    signal.raise_signal(signal.SIGINT)
    return pid
subprocess._fork_exec = fork_and_press
"""
RUN = """
import os
from flink_jobs import client
try:
    client.run(["bash", "-c", {family!r}], os.environ)
except KeyboardInterrupt:
    print("interrupted")
"""


@pytest.mark.parametrize("press", [IN_THE_WAIT, RIGHT_AFTER_THE_START], ids=["in the wait", "right after the start"])
def test_an_interrupt_leaves_no_client(tmp_path: Path, press: str) -> None:
    pids = tmp_path / "pids"
    program = press.format(pids=str(pids)) + RUN.format(family=FAMILY.format(pids=pids))
    try:
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
        assert done.stdout == "interrupted\n", done.stderr
        started = [int(pid) for pid in pids.read_text().split()]
        assert len(started) == 2
        assert not [pid for pid in started if psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie"]
    finally:
        for pid in pids.read_text().split() if pids.exists() else []:
            subprocess.run(["kill", "-9", pid], stderr=subprocess.DEVNULL)


def test_what_a_command_says_and_how_it_ended() -> None:
    done = client.run(["bash", "-c", "echo $WORD; echo no >&2; exit 3"], {"WORD": "yes", "PATH": "/usr/bin:/bin"})
    assert (done.returncode, done.stdout, done.stderr) == (3, "yes\n", "no\n")
