"""What hey prints is read, and the goals of the report."""

from pathlib import Path

import pytest

from benchmarks.hey import Calls, read, steady
from benchmarks.serving import report
from ingestion.errors import ShopstreamError

OUTPUT = """response-time,DNS+dialup,DNS,Request-write,Response-delay,Response-read,status-code,offset
0.0010,0.0001,0.0000,0.0000,0.0009,0.0000,200,0.0000
0.0030,0.0001,0.0000,0.0000,0.0009,0.0000,200,0.4970
0.0020,0.0001,0.0000,0.0000,0.0009,0.0000,503,0.2000
"""


def test_what_hey_printed() -> None:
    found = read(OUTPUT)
    assert sorted(found.milliseconds) == pytest.approx([1, 2, 3])
    assert found.percentile(50) == pytest.approx(2)
    assert found.per_second == pytest.approx(6)
    assert (found.failed, found.statuses) == (1, {"200": 2, "503": 1})
    with pytest.raises(ShopstreamError, match="no call"):
        read("")


HEY = """#!/bin/bash
LC_ALL=C
echo "$EPOCHREALTIME $*" >> {said}
echo response-time,status-code,offset
echo 0.002,200,0.0
echo 0.004,503,1.0
"""


def test_a_steady_rate_is_shared_by_connections_that_begin_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said, program = tmp_path / "said", tmp_path / "hey"
    program.write_text(HEY.format(said=said))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    found = steady("http://127.0.0.1:1/x", "{}", 3, rate=2, connections=2)
    assert found.milliseconds == [2, 2, 4, 4]
    assert (found.statuses, found.failed) == ({"200": 2, "503": 2}, 2)
    assert found.per_second == pytest.approx(2 * 2 / 1.004)
    (first, one), (second, other) = (line.split(" ", 1) for line in sorted(said.read_text().splitlines()))
    assert one == other and "-c 1 -q 1.000" in one and "-z 3s" in one
    assert float(second) - float(first) > 0.2, "half a second, less what a start may vary"


def calls(milliseconds: float, per_second: float = 500.0, failed: int = 0) -> Calls:
    return Calls([milliseconds] * 99 + [10 * milliseconds], per_second, {"200": 100 - failed, "503": failed})


def test_goals() -> None:
    found = {
        "kind": "lightgbm",
        "steady": calls(1.2, failed=2),
        "cpu_ms": 0.9,
        "fastest": calls(2, 1500),
        "batch": calls(70),
        "mlflow": calls(20, 180, 3),
        "soak": Calls([1.0] * 100 + [1.5] * 100 + [1.3] * 100, 500, {"200": 300}),
        "memory": (100 * 2**20, 120 * 2**20),
    }
    met = {result.name.partition(": ")[2]: (result.figure, result.met) for result in report(found)}
    assert met["one user at 500 calls/s, median"] == (1.2, True)
    assert met["calls a second over mlflow's"] == (pytest.approx(1500 / 180), True)
    assert met["1000 users in a call, median"] == (70, False)
    assert met["calls not answered 200"] == (2, False)
    assert met["of mlflow's, not answered 200"] == (3, None)
    assert met["soak, last third's median over the first's"] == (pytest.approx(1.3), False)
    assert met["soak, memory grown"] == (20, True)
