"""A benchmark's services end with it, also when it is told to end."""

import subprocess
import sys
from pathlib import Path

import pytest

from deploy.stack.process import process_of

pytestmark = pytest.mark.timeout(120)
PROGRAM = """
import sys
from benchmarks.stack import running
from deploy.stack.run import Run
with running("valkey") as settings:
    print(Run(settings, "valkey").leader.pid, settings.home, flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("told", [True, False])
def test_services_and_their_folder_are_gone_afterwards(told: bool) -> None:
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", PROGRAM], stdin=pipe, stdout=pipe, text=True) as benchmark:
        assert benchmark.stdout
        pid, home = benchmark.stdout.readline().split()
        assert process_of(int(pid))
        if told:
            benchmark.terminate()
        benchmark.communicate()
    assert benchmark.returncode == (143 if told else 0)
    assert process_of(int(pid)) is None
    assert not Path(home).exists()
