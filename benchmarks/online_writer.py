"""Our writer of online features beside Feast's own: rows per second into the same Redis-protocol server.

``python -m benchmarks.online_writer --help``
"""

import tempfile
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import click
import numpy as np
import pandas as pd
import redis
from rich.console import Console
from rich.progress import Progress

from benchmarks import command
from benchmarks.flink_process import FlinkProcess, JobUsage, OnlineRows
from benchmarks.result import Report, Result, Spread
from benchmarks.stack import running
from feature_repo.settings import FeatureStoreSettings
from feature_repo.store import open_store
from flink_jobs.features.columns import SQL_TYPES
from flink_jobs.features.schema import USER, USER_24H

NAME = "online_writer"
GOAL = 3
_START = datetime(2026, 11, 1, 12, tzinfo=UTC)
_MORE = 10
"""So many times as many rows are ours in a round: the job's start, which is no part of it, must be small beside it."""
_FEAST_BATCH = 10_000
"""Rows of one call of Feast's; with fewer it is slower."""

OURS, FEAST, FEAST_WHOLE = "ours, whole rows", "Feast, one view", "Feast, whole rows"


class Round(NamedTuple):
    """What it took to write rows once: seconds on the clock, of the processor for writer and server, and memory."""

    rows: int
    seconds: float
    writer_cpu: float
    server_cpu: float
    server_bytes: int = 0
    """Memory that the server took for the rows."""


def rows(number: int, seed: int = 1) -> pd.DataFrame:
    """Return random rows of users, each user once, their times a little over an hour apart at most."""
    rng = np.random.default_rng(seed)
    moments = pd.Timestamp(_START) + pd.to_timedelta(rng.integers(0, 3_600_000_000, number), unit="us")
    columns: dict[str, Any] = {
        "user_id": [f"user_{user:07d}" for user in range(number)],
        "event_timestamp": moments,
        "version": rng.integers(1, 500, number),
    }
    for feature in USER.features:
        if feature.type == "timestamp":
            columns[feature.name] = moments.floor("s")
        elif feature.type == "double":
            columns[feature.name] = np.where(rng.random(number) < 0.5, 0.0, rng.random(number).round(4) * 500)
        else:
            columns[feature.name] = rng.geometric(0.05, number) - 1
    return pd.DataFrame(columns)


def report(rounds: Mapping[str, Sequence[Round]]) -> Report:
    """Return the ratios, which have the goal, and the rates they are made of."""
    per_core = {name: Spread.of(r.rows / r.writer_cpu for r in measured) for name, measured in rounds.items()}
    clock = {name: Spread.of(r.rows / r.seconds for r in measured) for name, measured in rounds.items()}
    both = {
        name: Spread.of(r.rows / (r.writer_cpu + r.server_cpu) for r in measured) for name, measured in rounds.items()
    }
    results = [
        Result(
            f"{OURS} / {FEAST}",
            per_core[OURS].median / per_core[FEAST].median,
            "ratio",
            at_least=GOAL,
            note="rows per second of the writer's core; ours are 17 features in 3 views, Feast's 10 features in one",
        ),
        Result(
            f"{OURS} / {FEAST_WHOLE}",
            per_core[OURS].median / per_core[FEAST_WHOLE].median,
            "ratio",
            at_least=GOAL,
            note="rows per second of the writer's core; the same features",
        ),
        Result(
            f"{OURS} / {FEAST_WHOLE}, with the server",
            both[OURS].median / both[FEAST_WHOLE].median,
            "ratio",
            at_least=GOAL,
            note="rows per second of one core that writer and server share; the same features",
        ),
    ]
    for name in rounds:
        for rates, words in ((per_core, "writer's core"), (both, "one core for writer and server"), (clock, "clock")):
            results.append(Result(f"{name}, {words}", rates[name].median, "rows/s", note=f"rounds: {rates[name]}"))
    kept = Spread.of(r.server_bytes / r.rows for r in rounds[OURS])
    results.append(Result("memory of a user in the server", kept.median, "bytes", note="17 features in 3 views"))
    return Report(NAME, results, {"rounds": {k: [r._asdict() for r in v] for k, v in rounds.items()}})


class _Ours:
    """The job's operator, in a JVM that stays; a job that reads the same rows and throws them away is subtracted."""

    def __init__(self, process: FlinkProcess, address: str, folder: Path, frame: pd.DataFrame) -> None:
        self._process = process
        self._address = address
        self._count = len(frame)
        moments = [str(name) for name, column in frame.items() if column.dtype.kind == "M"]
        # Milliseconds, for a Parquet moment is read as a local one.
        numbers = {name: frame[name].dt.as_unit("ms").astype("int64") for name in moments}
        frame.assign(**numbers).to_parquet(folder / "rows.parquet")
        types = {"user_id": "STRING", "event_timestamp": SQL_TYPES["timestamp"], "version": "BIGINT"}
        types |= {feature.name: SQL_TYPES[feature.type] for feature in USER.features}
        stored = ", ".join(f"{name} {'BIGINT' if name in moments else kind}" for name, kind in types.items())
        chosen = ", ".join(
            f"CAST(TO_TIMESTAMP_LTZ({name}, 3) AS {kind}) AS {name}" if name in moments else name
            for name, kind in types.items()
        )
        self._statements = [
            f"CREATE TEMPORARY TABLE stored_rows ({stored}) WITH"
            f" ('connector' = 'filesystem', 'path' = '{folder}', 'format' = 'parquet')",
            f"CREATE TEMPORARY VIEW online_user_feature_rows AS SELECT {chosen} FROM stored_rows",  # noqa: S608 (our own)
        ]
        self._columns = ", ".join(f"{name} {kind}" for name, kind in types.items())

    def read(self) -> JobUsage:
        """Read the rows and throw them away."""
        insert = "INSERT INTO sink SELECT * FROM online_user_feature_rows"
        return self._process.run([*self._statements, _sink(self._columns)], insert)

    def write(self, server: "redis.Redis") -> Round:
        """Read the rows and write them; what it took more."""
        # Before the reading: the server frees its memory while it goes on.
        server.flushall()
        read = self.read()
        empty, before = _server_bytes(server), _server_cpu(server)
        insert = "INSERT INTO sink SELECT written FROM written_online_user_feature_rows"
        used = self._process.run([*self._statements, OnlineRows(self._address), _sink("written BIGINT")], insert)
        # Rows are sent while the next are read, so seconds on the clock cannot be told apart: reading is in them.
        took = (used.seconds, used.cpu_seconds - read.cpu_seconds, _server_cpu(server) - before)
        return _checked(Round(self._count, *took, _server_bytes(server) - empty), server)


def _sink(columns: str) -> str:
    return f"CREATE TEMPORARY TABLE sink ({columns}) WITH ('connector' = 'blackhole')"


class _Feast:
    """Feast's own writer, for some views."""

    def __init__(self, address: str, folder: Path, views: Sequence[str], frame: pd.DataFrame) -> None:
        self._store = open_store(FeatureStoreSettings(redis=address, redis_timeout_ms=10_000, state=folder))
        self._views = views
        frame = frame.assign(created_timestamp=frame["event_timestamp"])
        self._batches = [
            frame.iloc[start : start + _FEAST_BATCH].reset_index(drop=True)
            for start in range(0, len(frame), _FEAST_BATCH)
        ]

    def write(self, server: "redis.Redis") -> Round:
        """Write the rows of every view."""
        server.flushall()
        empty, before = _server_bytes(server), _server_cpu(server)
        cpu, clock = time.process_time(), time.monotonic()
        for batch in self._batches:
            for view in self._views:
                self._store.write_to_online_store(view, batch)
        took = (time.monotonic() - clock, time.process_time() - cpu, _server_cpu(server) - before)
        return _checked(Round(sum(map(len, self._batches)), *took, _server_bytes(server) - empty), server)


def measure(count: int, number: int, progress: Progress) -> dict[str, list[Round]]:
    """Write rows ``number`` times each way, in turns, into an empty server every time; ours are more."""
    few, many = rows(count), rows(count * _MORE)
    with (
        running("valkey") as settings,
        tempfile.TemporaryDirectory(prefix="shopstream-benchmark-") as folder,
        FlinkProcess({"pipeline.object-reuse": "true"}) as process,
        redis.Redis.from_url(f"redis://{settings.redis}") as server,
    ):
        all_views = [group.name for group in USER.groups]
        ways: dict[str, _Ours | _Feast] = {
            OURS: _Ours(process, settings.redis, Path(folder), many),
            FEAST: _Feast(settings.redis, settings.home, [USER_24H.name], few),
            FEAST_WHOLE: _Feast(settings.redis, settings.home, all_views, few),
        }
        measured: dict[str, list[Round]] = {name: [] for name in ways}
        task = progress.add_task("writing", total=(number + 1) * len(ways))
        for turn in range(number + 1):
            for name in list(ways) if turn % 2 else reversed(ways):
                done = ways[name].write(server)
                # The first turn compiles, connects and fills caches.
                if turn:
                    measured[name].append(done)
                progress.advance(task)
    return measured


def _checked(done: Round, server: "redis.Redis") -> Round:
    if (written := server.dbsize()) != done.rows:
        raise RuntimeError(f"{written} of {done.rows} rows are in the server")
    return done


def _server_bytes(server: "redis.Redis") -> int:
    return int(server.info("memory")["used_memory"])  # type: ignore[index]  # the client is not asynchronous


def _server_cpu(server: "redis.Redis") -> float:
    used: Any = server.info("cpu")
    return float(used["used_cpu_user"] + used["used_cpu_sys"])


@click.command()
@click.option("--rows", "count", default=20_000, show_default=True, type=click.IntRange(min=100), help="Feast's.")
@click.option("--rounds", default=5, show_default=True, type=click.IntRange(min=1), help="Measured rounds of each way.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def main(count: int, rounds: int, as_json: bool) -> None:
    """Compare how fast rows of user features get into the online store: our writer and Feast's own.

    Both write the same kind of rows, in the same format, to the same server, which is started for this and emptied
    before each round. Ours is the operator of the Flink job, in a job that reads ten times as many rows from a file;
    what the same job takes without it is subtracted. It writes whole rows (17 features, 3 views), each only over an
    older one, checked and written by the server in one step. Feast's is `write_to_online_store`: for the view of 10
    features alone, and for whole rows.

    \b
    Examples:
      python -m benchmarks.online_writer
      python -m benchmarks.online_writer --rows 5000 --rounds 3 --json
    """
    with Progress(console=Console(stderr=True), transient=True) as progress:
        measured = measure(count, rounds, progress)
    report(measured).show(as_json)


if __name__ == "__main__":
    command.run(main)
