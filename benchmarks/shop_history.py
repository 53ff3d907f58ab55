"""Months of a simulated shop as its lake: clean events, and the features of every moment by the product's own job."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from flink_jobs.backfill import backfill
from flink_jobs.features.schema import USER
from flink_jobs.settings import JobSettings
from ingestion.interrupt import Stop
from ingestion.simulator.ground_truth import GroundTruth, TruthWriter
from ingestion.simulator.output import FileOutput
from ingestion.simulator.probability import SeenVisit
from ingestion.simulator.scenario import Scenario
from ingestion.simulator.simulation import Simulation

START = datetime(2026, 3, 1, tzinfo=UTC)
_EVENTS_OF_A_VISIT = 8.3
"""The simulator's mean, docs/simulator.md."""

_OPEN_FOR_AT_MOST = timedelta(hours=2)
_FOLDERS = {"year": "Y", "month": "m", "day": "d"}
Seen = tuple[datetime, str, str]
"""Time, session and type of an event."""


@dataclass(frozen=True, slots=True)
class Shop:
    """How many visitors come how often, for how long. Without disorder or planted anomalies: all is as it was meant."""

    users: int
    visits_a_day: float
    """Of a visitor, on average."""
    days: int
    seed: int = 1

    @property
    def scenario(self) -> Scenario:
        """The simulation."""
        return Scenario(
            users=self.users,
            rate=self.users * self.visits_a_day * _EVENTS_OF_A_VISIT / 86_400,
            start=START,
            duration=timedelta(days=self.days),
            seed=self.seed,
            late=0,
            too_late=0,
            out_of_order=0,
            duplicates=0,
            poison=0,
            anomalies=0,
        )


class ShopHistory:
    """A shop that was simulated into a lake; ``truth`` knows what its visitors are like."""

    def __init__(self, shop: Shop, folder: Path) -> None:
        """Simulate into ``folder``, which afterwards holds the lines, the ground truth and a database of the events."""
        lines, truth_path = folder / "shop.jsonl", folder / "shop.truth.jsonl"
        with FileOutput(lines) as output, TruthWriter(truth_path) as truth:
            Simulation(shop.scenario).run(output, truth, Stop())
        self.truth = GroundTruth.read(truth_path)
        self._db = duckdb.connect(str(folder / "shop.duckdb"))
        self._db.execute("SET TimeZone = 'UTC'")
        statement = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
        self._db.execute(f"CREATE TABLE events AS {statement}", {"lines": str(lines)})
        lines.unlink()

    def write_lake(self, events_path: str) -> int:
        """Write the event lake; return the number of events."""
        Path(events_path).mkdir(parents=True)
        by = ", ".join(f"strftime(timestamp, '%{letter}') AS {name}" for name, letter in _FOLDERS.items())
        copy = f"""
            COPY (SELECT * EXCLUDE anonymous_id, {by} FROM events) TO '{events_path}'
            (FORMAT parquet, PARTITION_BY (event_type, year, month, day), FILENAME_PATTERN 'part-{{i}}',
            OVERWRITE_OR_IGNORE)
        """  # noqa: S608 (our own path)
        self._db.execute(copy)
        ((count,),) = self._db.execute("SELECT count(*) FROM events").fetchall()
        return int(count)

    def seen(self, anonymous_ids: Sequence[str]) -> dict[str, list[Seen]]:
        """Return the events of visitors in order of time, by anonymous id; UTC."""
        found: dict[str, list[Seen]] = {name: [] for name in anonymous_ids}
        rows = self._db.execute(
            "SELECT anonymous_id, timestamp::TIMESTAMPTZ, session_id, event_type FROM events"
            " WHERE list_contains($ids, anonymous_id) ORDER BY arrival",
            {"ids": list(anonymous_ids)},
        ).fetchall()
        for name, at, session, kind in rows:
            found[name].append((at, session, kind))
        return found


def write_features(settings: JobSettings, progress: backfill.Progress = lambda *_: None) -> None:
    """Let the cluster write the log of users' features beside the event lake, by the job's own code."""
    backfill.backfill(settings, [USER.name], None, None, None, progress)


class Visits:
    """A visitor's visits as they are seen, moment after moment."""

    def __init__(self, events: Sequence[Seen]) -> None:
        self._events = events
        self._next = 0
        self._visits: dict[str, SeenVisit] = {}

    def until(self, moment: datetime) -> list[SeenVisit]:
        """Return the visits that may be open at a moment, and the one that began last; moments come in order."""
        while self._next < len(self._events) and self._events[self._next][0] <= moment:
            at, session, kind = self._events[self._next]
            self._visits.setdefault(session, SeenVisit(at, at, kind)).see(kind, at)
            self._next += 1
        last = max(self._visits, key=lambda session: self._visits[session].began, default=None)
        self._visits = {
            session: visit
            for session, visit in self._visits.items()
            if session == last or moment - visit.last < _OPEN_FOR_AT_MOST
        }
        return list(self._visits.values())
