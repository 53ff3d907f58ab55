"""Flink: a standalone cluster from the PyFlink wheel, a JobManager and a TaskManager."""

import json
import shlex
import shutil
import uuid
from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from deploy.stack.address import Address
from deploy.stack.flink_conf import memory_of_jobmanager, memory_of_taskmanager, write_flink_conf
from deploy.stack.flink_java import FIRST_COMPILER, java_command, java_environment
from deploy.stack.part import Part, http_body, require_java


class _FlinkPart(Part):
    """What both have in common."""

    start_seconds = 120
    stop_seconds = 15
    needs = ("zookeeper",)
    main: ClassVar[str]
    """Its Java class."""
    service: ClassVar[str]
    """What Flink's scripts call it in the names of its files."""

    @property
    def _scratch(self) -> Path:
        return self.settings.home / "flink" / "tmp" / self.name

    def command(self) -> list[str]:
        """Return the Java process."""
        log = f"-Dlog.file={self._log_file}"
        folder = str(self.settings.flink_conf)
        options = [*self._java_options(), log]
        return java_command(self.settings, options, self.main, "--configDir", folder, *self._options())

    def environment(self) -> Mapping[str, str]:
        """Point it at this stack."""
        return {
            **self.settings.environment(),
            **java_environment(self.settings),
            "FLINK_LOG_DIR": str(self._log_file.parent),
        }

    def prepare(self) -> None:
        """Write the configuration; clear this part's scratch files, which a killed one leaves behind."""
        require_java()
        write_flink_conf(self.settings)
        shutil.rmtree(self._scratch, ignore_errors=True)
        # The web page shows this file, which must therefore lead to the part's log.
        self._log_file.parent.mkdir(parents=True)
        self._log_file.symlink_to(self.settings.logs / f"{self.name}.log")

    @property
    def _log_file(self) -> Path:
        return self._scratch / "log" / f"flink-shopstream-{self.service}-0-local.log"

    @abstractmethod
    def _java_options(self) -> list[str]:
        """Return the options of its Java."""

    def _options(self) -> list[str]:
        return ["-D", f"io.tmp.dirs={self._scratch}"]


class JobManager(_FlinkPart):
    """Takes jobs, plans checkpoints, shows the web page."""

    name = "flink-jobmanager"
    main = "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint"
    service = "standalonesession"

    def addresses(self) -> tuple[Address, ...]:
        """Return the REST listener and the one that TaskManagers use."""
        return self.settings.address("flink_rest"), self.settings.address("flink_rpc")

    @property
    def link(self) -> str:
        """URL of the web page."""
        return f"http://{self.addresses()[0]}"

    def healthy(self) -> bool:
        """Tell whether its REST interface answers with the state of the cluster."""
        return http_body(self.addresses()[0], "/overview") is not None

    def _java_options(self) -> list[str]:
        return [*memory_of_jobmanager(self.settings).java_options, FIRST_COMPILER]


class TaskManager(_FlinkPart):
    """Runs the jobs."""

    name = "flink-taskmanager"
    main = "org.apache.flink.runtime.taskexecutor.TaskManagerRunner"
    service = "taskexecutor"

    def addresses(self) -> tuple[Address, ...]:
        """Return nothing: it listens on ports that the system gives it and finds the JobManager by itself."""
        return ()

    @property
    def link(self) -> str:
        """How many pipelines it runs, since nobody calls it directly."""
        return f"{self.settings.flink_slots} slots"

    def prepare(self) -> None:
        """As above, and choose a new id: the JobManager may still list the one that was killed."""
        super().prepare()
        self._id_file.write_text(f"taskmanager-{uuid.uuid4().hex[:8]}")

    def healthy(self) -> bool:
        """Tell whether the JobManager counts this very TaskManager, with its slots, to the cluster."""
        body = http_body(self.settings.address("flink_rest"), "/taskmanagers")
        if body is None or not self._id_file.exists():
            return False
        mine = self._id_file.read_text()
        members = json.loads(body)["taskmanagers"]
        return any(member["id"] == mine and member["slotsNumber"] > 0 for member in members)

    @property
    def _id_file(self) -> Path:
        return self._scratch / "id"

    def _options(self) -> list[str]:
        return [*super()._options(), "-D", f"taskmanager.resource-id={self._id_file.read_text()}"]

    def _java_options(self) -> list[str]:
        return [*memory_of_taskmanager(self.settings).java_options, *shlex.split(self.settings.flink_taskmanager_java)]
