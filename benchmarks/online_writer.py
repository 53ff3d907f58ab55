"""Our writer of online features beside Feast's own: rows per second into the same Redis-protocol server.

``python -m benchmarks.online_writer --help``
"""

import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
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
from benchmarks.result import Report, Result, Spread
from benchmarks.stack import running
from feature_repo.settings import FeatureStoreSettings
from feature_repo.store import open_store
from flink_jobs.features.schema import USER, USER_24H

NAME = "online_writer"
GOAL = 3
_START = datetime(2026, 11, 1, 12, tzinfo=UTC)
_ARROW_BATCH = 1_000
"""Rows that Flink hands to a pandas function at once, at most."""
_FEAST_BATCH = 10_000
"""Rows of one call of Feast's; with fewer it is slower."""

OURS, FEAST, FEAST_WHOLE = "ours, whole rows", "Feast, one view", "Feast, whole rows"

Write = Callable[[pd.DataFrame], object]


class Round(NamedTuple):
    """What it took to write all rows once: seconds on the clock, of the processor for writer and server, and memory."""

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


def report(rounds: Mapping[str, Sequence[Round]], count: int) -> Report:
    """Return the ratios, which have the goal, and the rates they are made of."""
    per_core = {name: Spread.of(count / r.writer_cpu for r in measured) for name, measured in rounds.items()}
    clock = {name: Spread.of(count / r.seconds for r in measured) for name, measured in rounds.items()}
    both = {
        name: Spread.of(count / (r.writer_cpu + r.server_cpu) for r in measured) for name, measured in rounds.items()
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
    kept = Spread.of(r.server_bytes / count for r in rounds[OURS])
    results.append(Result("memory of a user in the server", kept.median, "bytes", note="17 features in 3 views"))
    return Report(NAME, results, {"rows": count, "rounds": {k: [r._asdict() for r in v] for k, v in rounds.items()}})


def _batches(frame: pd.DataFrame, size: int) -> Iterator[pd.DataFrame]:
    for start in range(0, len(frame), size):
        yield frame.iloc[start : start + size].reset_index(drop=True)


def _ours(address: str) -> Write:
    with warnings.catch_warnings():
        # PyFlink warns of parts of its own.
        warnings.simplefilter("ignore", DeprecationWarning)
        from flink_jobs.features.write_online import WriteOnline
    writer = WriteOnline(address, USER)
    writer.open(None)
    names = [feature.name for feature in USER.features]

    def write(frame: pd.DataFrame) -> object:
        return writer.eval(
            frame["user_id"], frame["event_timestamp"], frame["version"], *(frame[name] for name in names)
        )

    return write


def _feast(address: str, folder: Path, views: Sequence[str]) -> Write:
    store = open_store(FeatureStoreSettings(redis=address, redis_timeout_ms=10_000, state=folder))

    def write(frame: pd.DataFrame) -> object:
        frame = frame.assign(created_timestamp=frame["event_timestamp"])
        for view in views:
            store.write_to_online_store(view, frame)
        return None

    return write


def measure(count: int, number: int, progress: Progress) -> dict[str, list[Round]]:
    """Write the same rows ``number`` times each way, in turns, into an empty server every time."""
    frame = rows(count)
    with running("valkey") as settings:
        address = settings.redis
        ways = {
            OURS: (_ours(address), list(_batches(frame, _ARROW_BATCH))),
            FEAST: (_feast(address, settings.home, [USER_24H.name]), list(_batches(frame, _FEAST_BATCH))),
            FEAST_WHOLE: (
                _feast(address, settings.home, [group.name for group in USER.groups]),
                list(_batches(frame, _FEAST_BATCH)),
            ),
        }
        measured: dict[str, list[Round]] = {name: [] for name in ways}
        task = progress.add_task("writing", total=(number + 1) * len(ways))
        with redis.Redis.from_url(f"redis://{address}") as server:
            for turn in range(number + 1):
                for name in list(ways) if turn % 2 else reversed(ways):
                    done = _write(*ways[name], server)
                    # The first turn compiles, connects and fills caches.
                    if turn:
                        measured[name].append(done)
                    progress.advance(task)
    return measured


def _write(write: Write, batches: Sequence[pd.DataFrame], server: "redis.Redis") -> Round:
    server.flushall()
    empty = _server_bytes(server)
    before, cpu, clock = _server_cpu(server), time.process_time(), time.monotonic()
    for batch in batches:
        write(batch)
    seconds, writer_cpu, server_cpu = time.monotonic() - clock, time.process_time() - cpu, _server_cpu(server) - before
    done = Round(seconds, writer_cpu, server_cpu, _server_bytes(server) - empty)
    written, expected = server.dbsize(), sum(map(len, batches))
    if written != expected:
        raise RuntimeError(f"{written} of {expected} rows are in the server")
    return done


def _server_bytes(server: "redis.Redis") -> int:
    return int(server.info("memory")["used_memory"])  # type: ignore[index]  # the client is not asynchronous


def _server_cpu(server: "redis.Redis") -> float:
    used: Any = server.info("cpu")
    return float(used["used_cpu_user"] + used["used_cpu_sys"])


@click.command()
@click.option("--rows", "count", default=20_000, show_default=True, type=click.IntRange(min=100), help="A round.")
@click.option("--rounds", default=5, show_default=True, type=click.IntRange(min=1), help="Measured rounds of each way.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def main(count: int, rounds: int, as_json: bool) -> None:
    """Compare how fast rows of user features get into the online store: our writer and Feast's own.

    Both write the same rows, in the same format, to the same server, which is started for this and emptied before each
    round. Ours is the function that the Flink job calls, with the batches that Flink gives it; it writes whole rows
    (17 features, 3 views), each only over an older one, checked and written by the server in one step. Feast's is
    `write_to_online_store`, in batches ten times as large: for the view of 10 features alone, and for whole rows.

    \b
    Examples:
      python -m benchmarks.online_writer
      python -m benchmarks.online_writer --rows 5000 --rounds 3 --json
    """
    with Progress(console=Console(stderr=True), transient=True) as progress:
        measured = measure(count, rounds, progress)
    report(measured, count).show(as_json)


if __name__ == "__main__":
    command.run(main)
