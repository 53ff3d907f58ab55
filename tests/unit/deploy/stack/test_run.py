import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.stack.address import Address
from deploy.stack.part import Part
from deploy.stack.run import Run
from deploy.stack.settings import StackSettings
from tests.unit.deploy.stack.test_process import platform_exit

# A leader with two children: one loses the mark but stays in the session, one leaves it but keeps the mark.
SCRIPT = """
env -i sleep 300 & echo $! >>{pids}
setsid sleep 300 & echo $! >>{pids}
echo $$ >>{pids}
{then}
"""


class Family(Part):
    name = "family"
    then = "exec sleep 300"

    @property
    def pids(self) -> list[int]:
        path = self.settings.home / "pids"
        return [int(pid) for pid in path.read_text().split()] if path.exists() else []

    def addresses(self) -> tuple[Address, ...]:
        return (Address("127.0.0.1", 1, "SHOPSTREAM_FAMILY"),)

    def command(self) -> list[str]:
        return ["bash", "-c", SCRIPT.format(pids=self.settings.home / "pids", then=self.then)]

    def healthy(self) -> bool:
        return True


class Stubborn(Family):
    then = "trap '' TERM; exec sleep 300"


@pytest.fixture
def settings(tmp_path: Path) -> StackSettings:
    return StackSettings(state=tmp_path)


@pytest.fixture
def run(settings: StackSettings) -> Iterator[Run]:
    run = Run(settings, "family")
    yield run
    run.stop(0)


def start(run: Run, part: Family) -> list[int]:
    run.start(part)
    eventually(lambda: len(part.pids) == 3)
    # The shell still becomes its children's programs, whose environment is read.
    eventually(lambda: len(run.members()) == 3)
    return part.pids


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def living(pids: list[int]) -> list[int]:
    """As the kernel answers a signal; a reparented zombie is reaped by init at once or counts as dead."""
    alive = []
    for pid in pids:
        stat = Path(f"/proc/{pid}/stat")
        if stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z":
            alive.append(pid)
    return alive


def test_finds_and_ends_all_processes_of_a_part(run: Run, settings: StackSettings) -> None:
    pids = start(run, Family(settings))
    assert {process.pid for process in run.members()} == set(pids)
    assert run.leader is not None
    assert run.leader.pid == pids[2]
    assert run.stop(5)
    assert living(pids) == []
    assert run.record is None
    assert not run.stop(5), "a second stop finds nothing"


def test_another_command_finds_what_this_one_started(run: Run, settings: StackSettings) -> None:
    pids = start(run, Family(settings))
    assert Run(settings, "family").stop(5)
    assert living(pids) == []


def test_ends_the_children_of_a_killed_leader(run: Run, settings: StackSettings) -> None:
    pids = start(run, Family(settings))
    os.kill(pids[2], signal.SIGKILL)
    eventually(lambda: run.leader is None)
    assert run.record is not None, "it was not stopped"
    assert set(living(pids)) == set(pids[:2])
    assert run.stop(5)
    assert living(pids) == []


class Lingering(Family):
    """As a killed Java process: its first thread has ended, and another still holds its ports."""

    def command(self) -> list[str]:
        threads = "import ctypes, threading, time; threading.Thread(target=time.sleep, args=(300,)).start()"
        return [sys.executable, "-c", f"{threads}; ctypes.CDLL(None).syscall({platform_exit()}, 0)"]


def test_what_is_about_to_end_does_not_run_but_is_waited_for(run: Run, settings: StackSettings) -> None:
    run.start(Lingering(settings))
    eventually(lambda: run.leader is None)
    assert len(run.members()) == 1
    assert run.stop(0)
    assert run.members() == []


def test_kills_what_does_not_end_in_time(run: Run, settings: StackSettings) -> None:
    pids = start(run, Stubborn(settings))
    before = time.monotonic()
    run.stop(0.3)
    assert time.monotonic() - before < 5
    assert living(pids) == []


def test_finds_a_part_whose_record_was_never_written(run: Run, settings: StackSettings) -> None:
    pids = start(run, Family(settings))
    (settings.home / "run" / "family.json").unlink()
    # Without the record the session is unknown, so the one that has lost its mark is out of reach. It carries
    # the mark until its shell has become the other program.
    eventually(lambda: {process.pid for process in run.members()} == set(pids[1:]))
    assert run.stop(0)
    assert living(pids[1:]) == []
    os.kill(pids[0], signal.SIGKILL)


def test_a_pid_that_was_used_again_is_left_alone(run: Run, settings: StackSettings) -> None:
    (settings.home / "run").mkdir()
    record = {"pid": os.getpid(), "start_ticks": 1, "boot": _boot(), "listens": []}
    (settings.home / "run" / "family.json").write_text(json.dumps(record))
    assert run.leader is None
    assert run.members() == []
    assert not run.stop(0)


def test_a_record_of_another_boot_is_no_run(run: Run, settings: StackSettings) -> None:
    start(run, Family(settings))
    path = settings.home / "run" / "family.json"
    record = json.loads(path.read_text())
    path.write_text(json.dumps({**record, "boot": "another"}))
    assert run.record is None
    assert run.leader is None
    path.write_text(json.dumps(record))


def test_the_state_folder_tells_two_stacks_apart(run: Run, settings: StackSettings, tmp_path: Path) -> None:
    start(run, Family(settings))
    assert Run(StackSettings(state=tmp_path / "other"), "family").members() == []


def test_keeps_the_log_of_the_run_before(run: Run, settings: StackSettings) -> None:
    settings.logs.mkdir()
    run.log.write_text("the run before")
    start(run, Family(settings))
    assert run.log.with_name("family.log.1").read_text() == "the run before"
    assert run.log.read_text() == ""


def test_children_do_not_inherit_another_flink_or_slow_python(
    run: Run, settings: StackSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("FLINK_CONF_DIR", "_FLINK_HOME_DETERMINED", "PYTHONDONTWRITEBYTECODE", "JVM_ARGS"):
        monkeypatch.setenv(variable, "1")
    monkeypatch.setenv("KEPT", "1")
    leader = start(run, Family(settings))[2]
    names = {pair.split("=")[0] for pair in Path(f"/proc/{leader}/environ").read_text().split("\0")}
    assert "KEPT" in names
    assert not names & {"FLINK_CONF_DIR", "_FLINK_HOME_DETERMINED", "PYTHONDONTWRITEBYTECODE", "JVM_ARGS"}


def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
