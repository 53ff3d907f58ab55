"""Calls by ``hey``, a load generator of its own (Debian package ``hey``), and what each took."""

import csv
import io
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

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


def calls(url: str, body: str, seconds: float, workers: int, headers: Sequence[str] = ()) -> Calls:
    """POST the JSON ``body`` for some seconds, each worker as fast as it is answered.

    Raises ShopstreamError when ``hey`` is missing or fails.
    """
    return _finished(_started(url, body, seconds, ["-c", str(workers)], headers))


def steady(
    url: str, body: str, seconds: float, rate: float, headers: Sequence[str] = (), connections: int = 4
) -> Calls:
    """POST the JSON ``body`` ``rate`` times a second, on some connections whose calls come one after the other.

    Each is a ``hey`` of its own, begun a call's distance after the one before: the workers of one ``hey`` all call in
    the same moment, and then what is measured is how long they wait for each other. Raises as ``calls`` does.
    """
    options = ["-c", "1", "-q", f"{rate / connections:.3f}"]
    begin, begun = time.monotonic(), []
    try:
        for number in range(connections):
            time.sleep(max(0.0, begin + number / rate - time.monotonic()))
            begun.append(_started(url, body, seconds, options, headers))
        found = [_finished(process) for process in begun]
    finally:
        for process in begun:
            process.kill()
            process.wait()
    together = zip_longest(*(one.milliseconds for one in found))
    return Calls(
        # By when they were made, near enough: each list is in that order.
        [took for moment in together for took in moment if took is not None],
        sum(one.per_second for one in found),
        sum((Counter(one.statuses) for one in found), Counter()),
    )


def _started(
    url: str, body: str, seconds: float, options: Sequence[str], headers: Sequence[str]
) -> "subprocess.Popen[str]":
    if shutil.which("hey") is None:
        raise ShopstreamError("The load generator hey is missing: install it, for instance with apt-get install hey.")
    line = ["hey", "-z", f"{seconds:.0f}s", *options, "-m", "POST", "-T", "application/json", "-d", body]
    for header in headers:
        line += ["-H", header]
    return subprocess.Popen(  # noqa: S603 (a fixed program)
        [*line, "-o", "csv", url], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def _finished(process: "subprocess.Popen[str]") -> Calls:
    output, errors = process.communicate()
    if process.returncode:
        raise ShopstreamError(f"hey failed: {errors.strip() or output.strip()}")
    return read(output)


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
