"""The whole stack: which parts it has, and how they are started, watched and stopped together."""

import shutil
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from deploy.stack.flink import JobManager, TaskManager
from deploy.stack.kafka import Kafka
from deploy.stack.lock import only_one
from deploy.stack.mlflow import MLflow
from deploy.stack.part import Part
from deploy.stack.run import Run
from deploy.stack.scorer import Scorer
from deploy.stack.settings import StackSettings
from deploy.stack.startup import Progress, Startup, stop_parts
from deploy.stack.status import PartStatus, status_of
from deploy.stack.valkey import Valkey
from deploy.stack.zookeeper import ZooKeeper
from ingestion.errors import ShopstreamError

PARTS: dict[str, type[Part]] = {
    part.name: part for part in (Valkey, Kafka, MLflow, ZooKeeper, TaskManager, JobManager, Scorer)
}
"""By name; each may write to those before it, so they are stopped in the reverse of this order.

The JobManager goes before the TaskManager, which then cancels its tasks instead of failing them.
"""

GROUPS: dict[str, tuple[str, ...]] = {"flink": (ZooKeeper.name, JobManager.name, TaskManager.name)}
"""Names that stand for several parts."""

_OWN_FOLDERS = ("run", "logs", "kafka", "valkey", "zookeeper", "flink", "mlflow", "models", "lake", "feast")

DEMO_MARK = "demo"
"""File in the state folder while all that it holds is a demo's, which the next demo may delete."""


class Stack:
    """Some or all parts of the stack in one state folder.

    It keeps nothing that another Stack on the same folder would not find: any process can take over from
    any other.
    """

    def __init__(self, settings: StackSettings, parts: Iterable[str] | None = None) -> None:
        chosen = PARTS if parts is None else parts
        names = [one for name in chosen for one in GROUPS.get(name, (name,))]
        if unknown := [name for name in names if name not in PARTS]:
            raise ShopstreamError(f"no part is called {unknown[0]}: choose from {', '.join([*PARTS, *GROUPS])}")
        if not settings.high_availability:
            names = [name for name in names if name != ZooKeeper.name]
            if not names:
                raise ShopstreamError("zookeeper runs only with SHOPSTREAM_HIGH_AVAILABILITY=1")
        self.settings = settings
        self._parts = [part(settings) for name, part in PARTS.items() if name in names]
        self._runs = {part.name: Run(settings, part.name) for part in self._parts}

    def environment(self) -> dict[str, str]:
        """Return the ``SHOPSTREAM_*`` variables that make a program a client of this stack."""
        return self.settings.environment()

    def status(self) -> list[PartStatus]:
        """Return how every part is, in the table's order. Takes at most a few seconds."""
        with ThreadPoolExecutor(max_workers=len(self._parts)) as threads:
            return list(threads.map(lambda part: status_of(part, self._runs[part.name], part.healthy), self._parts))

    def up(self, progress: Progress | None = None) -> list[PartStatus]:
        """Start what does not run yet and wait until every part is healthy; parts that run are left alone.

        ``progress`` is called in this thread, several times a second, with the present state. If a part
        cannot start, or this call is interrupted, everything that it started is stopped again and the error
        raised: ShopstreamError for a taken port, a missing program, or a part that died or did not get
        healthy in time.
        """
        with only_one(self.settings.home / "run", "up"):
            self._start([part for part in self._parts if self._runs[part.name].leader is None], progress)
            return self.status()

    def revive(self) -> list[str]:
        """Start the parts that have died by themselves, as ``up`` does, and return their names.

        BusyError when another command is at work: what it stops is not dead.
        """
        with only_one(self.settings.home / "run", "supervise"):
            dead = [part for part in self._parts if self._runs[part.name].record and not self._runs[part.name].leader]
            if dead:
                self._start(dead, None)
            return [part.name for part in dead]

    def _start(self, starting: list[Part], progress: Progress | None) -> None:
        self._check_settings()
        for part in starting:
            self._runs[part.name].stop(0)  # What a killed part left behind may hold its port.
        self._check_ports(starting)
        Startup(self._parts, self._runs).bring_up(starting, progress)

    def down(self, purge: bool = False) -> list[str]:
        """Stop the parts, clients first, and return the names of those that had a living process.

        Nothing of a part is left when this returns. The state stays, unless ``purge`` deletes it.
        """
        with only_one(self.settings.home / "run", "down"):
            stopped = stop_parts(self._parts, self._runs)
        if purge:
            for name in _OWN_FOLDERS:
                shutil.rmtree(self.settings.home / name, ignore_errors=True)
            (self.settings.home / DEMO_MARK).unlink(missing_ok=True)
        return stopped

    def _check_settings(self) -> None:
        for part in self._parts:
            record, wanted = self._runs[part.name].record, [str(address) for address in part.addresses()]
            if record and self._runs[part.name].leader and record.listens != wanted:
                variables = " and ".join(address.variable for address in part.addresses())
                raise ShopstreamError(
                    f"{part.name} runs at {', '.join(record.listens)}, but {variables} now say "
                    f"{', '.join(wanted)}: run `shopstream down` first"
                )

    def _check_ports(self, starting: list[Part]) -> None:
        taken = [
            address.taken_sentence(part.name)
            for part in starting
            for address in part.addresses()
            if not address.is_free()
        ]
        if taken:
            raise ShopstreamError(f"{'; '.join(taken)}: end that program or set another address")
