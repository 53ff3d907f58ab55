"""Unusual hours in days of simulated traffic through Kafka and the job, beside a computation in DuckDB and NumPy."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.e2e.conftest import EVENTS, SEED
from tests.exactness.arrivals import Arrivals
from tests.exactness.system import running_system, wait_until
from tests.exactness.threshold_alerts import LATENESS
from tests.exactness.unusual_alerts import Unusual, unusual_alerts

DAYS = 8
"""After five, hours are judged."""

SCORE = 2.0
"""So low that chance alone brings dozens of alerts, too many and too few."""

SECONDS = 120 + EVENTS / 1_000


@pytest.mark.timeout(2 * SECONDS + 120)
def test_unusual_hours_are_those_of_the_clean_events(tmp_path: Path) -> None:
    output, truth = tmp_path / "traffic.jsonl", tmp_path / "traffic.truth.jsonl"
    with running_system(tmp_path / "state") as system:
        system.shopstream(
            *("simulate", "--users", str(max(200, EVENTS // 25)), "--rate", f"{EVENTS / (DAYS * 86400):.4f}"),
            *("--duration", f"{DAYS}d", "--seed", SEED, "--no-users"),
            *("--out", str(output), "--truth", str(truth)),
        )
        arrivals = Arrivals(output, truth)
        (end,) = arrivals.db.execute("SELECT max(ts) FROM clean").fetchone() or (None,)
        assert end is not None
        # When the stream falls silent event time goes on with the clock, so a few more hours may be judged.
        certain = unusual_alerts(arrivals.db, end - LATENESS, SCORE)
        possible = unusual_alerts(arrivals.db, end + timedelta(hours=3), SCORE)
        assert len(certain) > 20
        assert {alert.direction for alert in certain.values()} == {"high", "low"}
        system.shopstream("replay", "--raw", str(output))
        system.submit(results=["anomalies"], anomaly_score=SCORE)
        found: dict[tuple[str, str, datetime], Unusual] = {}

        def equal() -> bool:
            found.clear()
            for row in system.rows("anomalies"):
                if row["kind"] == "unusual" and row["status"] == "closed":
                    one = _alert(row)
                    found[one.event_type, one.direction, one.started_at] = one
            return certain.keys() <= found.keys()

        wait_until(equal, f"{len(certain)} alerts", SECONDS)
    assert found.keys() <= possible.keys()
    for key, one in found.items():
        assert one[:-3] == possible[key][:-3]
        assert one[-3:] == pytest.approx(possible[key][-3:], rel=1e-4, abs=1e-3)


def _alert(row: dict[str, object]) -> Unusual:
    times = {name: _moment(str(row[name])) for name in ("started_at", "ended_at", "peak_at")}
    return Unusual(**{**{name: row[name] for name in Unusual._fields}, **times})  # type: ignore[arg-type]  # as named


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)
