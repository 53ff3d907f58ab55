"""Bounded Flink jobs, one after the other in one JVM, and the processor time that each took of it.

All jars are on the JVM's own class path. As jars of a job they would be loaded, and compiled, anew for every job,
while what Flink brings itself stays warm: a comparison would measure that.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from benchmarks.usage import cpu_seconds, descendants
from flink_jobs.jars import job_jars
from ingestion.errors import ShopstreamError

_ROOT = Path(__file__).resolve().parents[1]


class JobUsage(NamedTuple):
    """What one job took of its JVM: planning and start of the job included, start of the JVM not."""

    cpu_seconds: float
    """User and system time of all threads: the job's, the garbage collector's and the compiler's."""

    seconds: float
    """Time on the clock."""


class FlaggedView(NamedTuple):
    """In place of a statement: makes the view ``flagged`` of ``view``, as ``flink_jobs.sources.flag_events``."""

    view: str
    flagged: str


class OnlineRows(NamedTuple):
    """In place of a statement: writes the view ``online_user_feature_rows``, as ``flink_jobs.sinks`` does."""

    address: str
    """``host:port`` of the online store."""


Statement = str | FlaggedView | OnlineRows


class FlinkProcess:
    """A JVM with a Flink of its own, used as a context manager. ``heap`` bounds it, as a TaskManager's is bounded."""

    def __init__(self, options: dict[str, str] | None = None, heap: str = "1g") -> None:
        self._logs = tempfile.TemporaryDirectory(prefix="shopstream-benchmark-")
        self._errors = Path(self._logs.name) / "errors"
        operators, *connectors = job_jars()
        # A JVM whose jar is built anew meanwhile finds no more classes in it.
        mine = shutil.copy(operators, self._logs.name)
        environment = {
            **os.environ,
            "PYTHONPATH": str(_ROOT),
            "FLINK_LOG_DIR": self._logs.name,
            "JVM_ARGS": f"-Xms{heap} -Xmx{heap}",
            # The one variable that PyFlink adds to the class path.
            "HADOOP_CLASSPATH": os.pathsep.join(map(str, [mine, *connectors])),
        }
        with self._errors.open("w") as errors:
            self._child = subprocess.Popen(  # noqa: S603 (our own command)
                [sys.executable, "-m", "benchmarks.flink_process", json.dumps(options or {})],
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )

    def run(self, statements: Sequence[Statement], insert: str) -> JobUsage:
        """Run or create ``statements``, then run ``insert`` to its end; the temporary tables are gone afterwards.

        Raises ShopstreamError with the last reason that Flink gives when it fails; the process is then of no more use.
        """
        assert self._child.stdin and self._child.stdout  # noqa: S101 (both are pipes)
        try:
            told = [one if isinstance(one, str) else [type(one).__name__, *one] for one in statements]
            self._child.stdin.write(json.dumps([*told, insert]) + "\n")
            self._child.stdin.flush()
            # A library may log to the same place.
            answer = next((line for line in self._child.stdout if line.startswith("[")), "")
        except BrokenPipeError:
            answer = ""
        if not answer:
            self._child.wait()
            text = self._errors.read_text(errors="replace").strip().splitlines() or ["no reason given"]
            reasons = [line for line in text if line.startswith("Caused by")]
            raise ShopstreamError(f"A Flink job of the benchmark failed: {(reasons or text)[-1]}")
        return JobUsage(*json.loads(answer))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        # At the end of its input the child ends, and with it the JVM, whose input the child holds.
        assert self._child.stdin  # noqa: S101 (a pipe)
        self._child.stdin.close()
        try:
            self._child.wait(30)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        self._logs.cleanup()


def _serve(options: dict[str, str]) -> None:
    """Run the jobs that come in, a line each; answer with a line each."""
    from pyflink.common import Configuration
    from pyflink.datastream import StreamExecutionEnvironment
    from pyflink.table import EnvironmentSettings, StreamTableEnvironment

    from flink_jobs.features.online_writer import write_online
    from flink_jobs.features.schema import USER
    from flink_jobs.settings import JobSettings
    from flink_jobs.sources import flag_events

    config = Configuration()
    for option, value in {"parallelism.default": "1", "table.local-time-zone": "UTC", **options}.items():
        config.set_string(option, value)
    mode = EnvironmentSettings.new_instance().in_streaming_mode().with_configuration(config).build()
    # With a stream environment, so that operators can be put between views.
    t_env = StreamTableEnvironment.create(StreamExecutionEnvironment.get_execution_environment(config), mode)
    (java,) = [pid for pid in descendants(os.getpid()) if Path(f"/proc/{pid}/comm").read_text().strip() == "java"]
    for line in sys.stdin:
        *statements, insert = json.loads(line)
        for statement in statements:
            if isinstance(statement, str):
                t_env.execute_sql(statement)
            elif statement[0] == FlaggedView.__name__:
                flag_events(t_env, *statement[1:])
            else:
                _, address = statement
                write_online(t_env, USER, address, JobSettings().feature_flush_ms)
        start, cpu = time.monotonic(), cpu_seconds(java)
        t_env.execute_sql(insert).wait()
        usage = JobUsage(cpu_seconds(java) - cpu, time.monotonic() - start)
        for view in t_env.list_temporary_views():
            t_env.drop_temporary_view(view)
        for table in t_env.list_temporary_tables():
            t_env.drop_temporary_table(table)
        _answer(usage)


def _answer(value: Any) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    _serve(json.loads(sys.argv[1]))
