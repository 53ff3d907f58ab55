"""The whole path under test: a broker, a store and a cluster on free ports, the job, and what came out of it."""

import base64
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import duckdb

from deploy.stack.flink_conf import flink_environment
from deploy.stack.settings import StackSettings
from deploy.stack.stack import Stack
from flink_jobs.cluster import Cluster
from ingestion import topic_admin
from ingestion.topic_reader import TopicReader
from ingestion.topics import DEAD_LETTER_EVENTS
from tests.job_settings import job_settings


class System:
    """A running path; every method reads what is there now."""

    def __init__(self, settings: StackSettings) -> None:
        self.settings = settings
        self.environment = {**settings.environment(), **flink_environment(settings)}
        self.cluster = Cluster(settings.flink_rest)

    def shopstream(self, *arguments: str) -> str:
        """Run a command as a person would; return what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "deploy.cli", *arguments],
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def submit(self, **settings: Any) -> str:
        """Submit the job with these settings and short checkpoints."""
        return self.cluster.submit(job_settings(self.settings, checkpoint_seconds=5, **settings))

    def restart(self, **settings: Any) -> str:
        """Stop the job with a savepoint and go on from it, as for an upgrade."""
        (job,) = self.cluster.live_jobs()
        savepoint = self.cluster.stop(job, self.settings.home)
        return self.cluster.submit(job_settings(self.settings, checkpoint_seconds=5, **settings), savepoint=savepoint)

    def dead_letters(self) -> Counter[tuple[str, str]]:
        """Count the dead letters by code and digest of their bytes."""
        rows = (json.loads(record.value) for record in TopicReader(self.settings.kafka_bootstrap).records(TOPIC))
        return Counter((row["error_code"], sha256(base64.b64decode(row["raw_base64"])).hexdigest()) for row in rows)

    def lake(self, folder: str) -> str:
        """Return the pattern of a lake table's files."""
        return f"{self.settings.home}/lake/{folder}/**/part-*"

    def events_in_lake(self) -> int:
        """Count the rows of the lake; none before the first file."""
        if not any((self.settings.home / "lake" / "events").glob("**/part-*")):
            return 0
        # To its end: the connection is every test's.
        ((count,),) = duckdb.execute("SELECT count(*) FROM read_parquet(?)", [self.lake("events")]).fetchall()
        return int(count)

    def rows(self, topic: str) -> list[dict[str, Any]]:
        """Return the latest row of each key of a result."""
        return [json.loads(value) for value in TopicReader(self.settings.kafka_bootstrap).latest(topic).values()]


TOPIC = DEAD_LETTER_EVENTS.name


@contextmanager
def running_system(home: Path) -> Iterator[System]:
    """Start the services in a state folder, create the topics; stop everything at the end."""
    settings = StackSettings.on_free_ports(home)
    stack = Stack(settings, ["kafka", "valkey", "flink"])
    stack.up()
    try:
        topic_admin.apply(settings.kafka_bootstrap)
        yield System(settings)
    finally:
        stack.down()


def wait_until(reached: Callable[[], bool], what: str, seconds: float) -> None:
    """Wait for a condition; fail with what did not come."""
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}"
        time.sleep(0.5)
