import os
import subprocess
import time

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
