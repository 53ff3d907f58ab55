"""Calls by ``hey``, a load generator of its own (Debian package ``hey``), and what each took."""

import csv
import io
import shutil
import subprocess
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ingestion.errors import ShopstreamError


@dataclass(frozen=True, slots=True)
class Calls:
    """What the client saw: milliseconds of each call, how many a second, how often each status."""

    milliseconds: Sequence[float]
    per_second: float
    statuses: Mapping[str, int]

    @property
    def failed(self) -> int:
        """How many were not answered 200."""
        return sum(count for status, count in self.statuses.items() if status != "200")

    def percentile(self, share: float) -> float:
        """Return the time within which this share (0 to 100) of the calls was answered."""
        return float(np.percentile(self.milliseconds, share))


def calls(
    url: str, body: str, seconds: float, workers: int, rate: float | None = None, headers: Sequence[str] = ()
) -> Calls:
    """POST the JSON ``body`` for some seconds; ``rate`` calls a second at most, without it as fast as it is answered.

    Raises ShopstreamError when ``hey`` is missing or fails.
    """
    if shutil.which("hey") is None:
        raise ShopstreamError("The load generator hey is missing: install it, for instance with apt-get install hey.")
    line = ["hey", "-z", f"{seconds:.0f}s", "-c", str(workers), "-m", "POST", "-T", "application/json", "-d", body]
    line += ["-q", f"{rate / workers:.3f}"] if rate else []
    for header in headers:
        line += ["-H", header]
    done = subprocess.run([*line, "-o", "csv", url], capture_output=True, text=True, check=False)  # noqa: S603 (a fixed program)
    if done.returncode:
        raise ShopstreamError(f"hey failed: {done.stderr.strip() or done.stdout.strip()}")
    return read(done.stdout)


def read(text: str) -> Calls:
    """Return what ``hey -o csv`` printed: a line a call, times in seconds."""
    rows = list(csv.DictReader(io.StringIO(text)))
    if not rows:
        raise ShopstreamError("hey made no call: is anything listening?")
    took = [1000 * float(row["response-time"]) for row in rows]
    ends = [float(row["offset"]) + float(row["response-time"]) for row in rows]
    begins = [float(row["offset"]) for row in rows]
    lasted = max(ends) - min(begins)
    return Calls(
        took,
        len(rows) / lasted if lasted else 0.0,
        Counter(row["status-code"] for row in rows),
    )
