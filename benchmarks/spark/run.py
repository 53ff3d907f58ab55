"""One run of the Spark job, until it has worked off a backlog."""

import json
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kafka.admin import KafkaAdminClient, NewTopic

from benchmarks.spark.installation import Installation
from benchmarks.usage import cpu_seconds, descendants, peak_bytes
from ingestion.errors import ShopstreamError
from ingestion.topics import EVENT_TOPICS

METRICS = ("page_views", "revenue", "user_activity", "funnel_stages", "anomalies")
_JOB = Path(__file__).with_name("job.py")


@dataclass(frozen=True, slots=True)
class SparkMeasured:
    """What one run took, from the start of its queries to their end; processor time and memory are of the JVM."""

    records: int
    seconds: float
    cpu_seconds: float
    peak_bytes: int
    state_bytes: int
    """What Spark says its state stores use."""

    batches: int
    """Of the query that had the most."""


def create_topics(bootstrap: str) -> None:
    """Create the topics that the job writes to."""
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    admin.create_topics([NewTopic(f"spark_{name}", 1, 1) for name in METRICS])
    admin.close()


def work_off(
    installation: Installation, bootstrap: str, records: int, options: Mapping[str, Any], seconds: float = 1800
) -> SparkMeasured:
    """Run the five metrics over all that is in the event topics: ``records`` of them.

    ``options`` go over ``batch`` (0: all records at once), ``deduplicate``, ``state`` ("heap" or "rocksdb"), ``mode``
    and ``memory``. Raises ShopstreamError when the job fails, takes longer than ``seconds``, or has not read every
    record in every query.
    """
    with tempfile.TemporaryDirectory(prefix="shopstream-benchmark-") as folder:
        settings = {
            "bootstrap": bootstrap,
            "topics": ",".join(topic.name for topic in EVENT_TOPICS),
            "folder": folder,
            "jars": ",".join(map(str, installation.jars)),
            "metrics": METRICS,
            **{"batch": 0, "deduplicate": True, "state": "heap", "mode": "update", "memory": "3g", **options},
        }
        log = Path(folder) / "log"
        with log.open("w") as errors:
            child = subprocess.Popen(  # noqa: S603 (our own command)
                [str(installation.python), str(_JOB), json.dumps(settings)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        # A read of its answer ends when it ends.
        giving_up = threading.Timer(seconds, child.kill)
        giving_up.start()
        try:
            return _measure(child, log, records)
        finally:
            giving_up.cancel()
            child.kill()
            child.wait()


def _measure(child: "subprocess.Popen[str]", log: Path, records: int) -> SparkMeasured:
    assert child.stdin and child.stdout  # noqa: S101 (both are pipes)
    _answer(child, log)
    # The launcher becomes the JVM.
    (java,) = [
        pid for pid in (child.pid, *descendants(child.pid)) if Path(f"/proc/{pid}/comm").read_text().strip() == "java"
    ]
    before, start = cpu_seconds(java), time.monotonic()
    child.stdin.write("start\n")
    child.stdin.flush()
    found = _answer(child, log)
    seconds, used = time.monotonic() - start, cpu_seconds(java) - before
    if set(found["rows"].values()) != {records}:
        raise ShopstreamError(f"The Spark job has read {found['rows']}, not {records:,} in each query.")
    measured = SparkMeasured(
        records, seconds, used, peak_bytes(java), found["state_bytes"], max(found["batches"].values())
    )
    child.stdin.write("end\n")
    child.stdin.flush()
    child.wait(60)
    return measured


def reason(log: str) -> str:
    """Return the line of Spark's log that says why it ended: the last error, unless all come from too little memory."""
    errors = [text.strip(" :") for text in log.splitlines() if "Exception" in text or "Error" in text]
    if any("OutOfMemoryError" in error for error in errors):
        return "its heap is too small, give it more with --spark-memory."
    return errors[-1] if errors else "no reason given"


def _answer(child: "subprocess.Popen[str]", log: Path) -> dict[str, Any]:
    assert child.stdout  # noqa: S101 (a pipe)
    line = child.stdout.readline()
    if not line:
        raise ShopstreamError(f"The Spark job failed: {reason(log.read_text(errors='replace'))}")
    answer: dict[str, Any] = json.loads(line)
    return answer
