"""Processor time, memory and children, against what a child does on purpose."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from benchmarks.usage import cpu_seconds, descendants, peak_bytes

MEBIBYTE = 2**20
CHILD = """
import subprocess, sys, time
while time.process_time() < 0.5: pass
kept = bytearray(200 * 2**20)
kept = None
grandchild = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
print(time.process_time(), grandchild.pid, flush=True)
input()
grandchild.communicate(b"\\n")
"""


@pytest.fixture
def child() -> Iterator["subprocess.Popen[str]"]:
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", CHILD], stdin=pipe, stdout=pipe, text=True) as run:
        yield run
        run.communicate("\n")


def test_a_child_that_worked_and_took_memory(child: "subprocess.Popen[str]") -> None:
    assert child.stdout
    used, grandchild = child.stdout.readline().split()
    assert cpu_seconds(child.pid) == pytest.approx(float(used), abs=0.1)
    assert 200 * MEBIBYTE < peak_bytes(child.pid) < 300 * MEBIBYTE
    assert descendants(child.pid) == [int(grandchild)]
    assert set(descendants(os.getpid())) >= {child.pid, int(grandchild)}


def test_a_process_that_is_gone() -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    with pytest.raises(ProcessLookupError, match="is gone"):
        cpu_seconds(gone.pid)
    assert descendants(gone.pid) == []
