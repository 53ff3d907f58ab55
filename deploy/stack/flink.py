"""Flink: a standalone cluster from the PyFlink wheel, a JobManager and a TaskManager."""

import json
import shutil
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from deploy.stack.address import Address
from deploy.stack.flink_conf import flink_environment, flink_home, write_flink_conf
from deploy.stack.part import Part, http_body, require_java, require_program
from deploy.stack.settings import ROOT


class _FlinkPart(Part):
    """What both have in common."""

    start_seconds = 120
    stop_seconds = 15
    needs = ("zookeeper",)
    script: ClassVar[str]
    service: ClassVar[str]
    """What the script calls it in the names of its files."""

    @property
    def _scratch(self) -> Path:
        return self.settings.home / "flink" / "tmp" / self.name

    def command(self) -> list[str]:
        """Return Flink's start script in the foreground; it becomes the Java process, with the same pid."""
        script = flink_home() / "bin" / self.script
        return ["bash", str(script), "start-foreground", *self._options()]

    def environment(self) -> Mapping[str, str]:
        """Point the script at this stack; Python workers find the packages here."""
        return {
            **self.settings.environment(),
            **flink_environment(self.settings),
            "PYTHONPATH": str(ROOT),
            # The scripts note their pids in /tmp otherwise, where two stacks would meet.
            "FLINK_PID_DIR": str(self._scratch / "pid"),
            "FLINK_LOG_DIR": str(self._log_folder),
            "HOSTNAME": "local",
        }

    def prepare(self) -> None:
        """Write the configuration; clear this part's scratch files, which a killed one leaves behind."""
        require_program("bash", "Flink's start scripts need it")
        require_java()
        write_flink_conf(self.settings)
        shutil.rmtree(self._scratch, ignore_errors=True)
        self._log_folder.mkdir(parents=True)
        # The web page shows the file that the script chose, which must therefore lead to the part's log.
        link = self._log_folder / f"flink-shopstream-{self.service}-0-local.log"
        link.symlink_to(self.settings.logs / f"{self.name}.log")

    @property
    def _log_folder(self) -> Path:
        return self._scratch / "log"

    def _options(self) -> list[str]:
        return ["-D", f"io.tmp.dirs={self._scratch}"]


class JobManager(_FlinkPart):
    """Takes jobs, plans checkpoints, shows the web page."""

    name = "flink-jobmanager"
    script = "jobmanager.sh"
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


class TaskManager(_FlinkPart):
    """Runs the jobs, with their Python workers as its children."""

    name = "flink-taskmanager"
    script = "taskmanager.sh"
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
