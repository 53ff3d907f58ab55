import os
import platform
import subprocess
import sys
import time
from pathlib import Path

from deploy.stack.process import has_environment, process_of, processes, uptime_seconds


def test_reads_a_process_whose_name_holds_spaces_and_parentheses(tmp_path) -> None:  # type: ignore[no-untyped-def]
    program = tmp_path / "a) S 1 (b"
    program.symlink_to("/bin/sleep")
    with subprocess.Popen([program, "60"], start_new_session=True) as child:
        try:
            process = process_of(child.pid)
            assert process is not None
            assert (process.pid, process.session) == (child.pid, os.getsid(child.pid))
            assert process in processes()
            assert 0 <= uptime_seconds(process) < 30
        finally:
            child.kill()


def test_a_zombie_is_dead() -> None:
    child = subprocess.Popen(["true"])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # It has ended, and nobody has asked how.
    assert process_of(child.pid) is None
    child.wait()


def test_it_lives_until_its_last_thread_is_gone() -> None:
    # As a killed Java process: its first thread is a zombie, and another still holds its ports.
    exit_of_one_thread = platform_exit()
    program = f"""
import ctypes, threading, time
threading.Thread(target=time.sleep, args=(60,)).start()
ctypes.CDLL(None).syscall({exit_of_one_thread}, 0)
"""
    with subprocess.Popen([sys.executable, "-c", program]) as child:
        try:
            deadline = time.monotonic() + 10
            while ") Z " not in Path(f"/proc/{child.pid}/stat").read_text():
                assert time.monotonic() < deadline
                time.sleep(0.01)
            process = process_of(child.pid)
            assert process is not None
            assert process.is_ending
        finally:
            child.kill()
    assert process_of(child.pid) is None


def platform_exit() -> int:
    """The number of the system call ``exit``, which ends one thread."""
    return 60 if platform.machine() == "x86_64" else 93


def test_matches_a_whole_variable() -> None:
    with subprocess.Popen(["sleep", "60"], env={"MARK": "a#kafka"}) as child:
        try:
            # Popen returns a moment before the kernel has laid the new environment out.
            deadline = time.monotonic() + 10
            while not has_environment(child.pid, "MARK", "a#kafka"):
                assert time.monotonic() < deadline
                time.sleep(0.01)
            assert not has_environment(child.pid, "MARK", "a#kaf")
            assert not has_environment(child.pid, "ARK", "a#kafka")
        finally:
            child.kill()
    assert not has_environment(child.pid, "MARK", "a#kafka")
