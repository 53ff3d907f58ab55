"""The event lake behind the API: one query at a time has its own DuckDB, so that none can take the machine."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources

import duckdb

from flink_jobs.lake import event_lake
from ingestion.errors import ShopstreamError

_TYPES = {
    "timestamp": "TIMESTAMP",
    **dict.fromkeys(("event_type", "user_id", "session_id", "page", "referrer", "device", "country"), "VARCHAR"),
    **dict.fromkeys(("product_id", "category", "currency", "properties", "user_segment"), "VARCHAR"),
    **dict.fromkeys(("total", "price", "quantity"), "DOUBLE"),
    **dict.fromkeys(("is_late", "is_duplicate"), "BOOLEAN"),
    **dict.fromkeys(("year", "month", "day"), "VARCHAR"),
}
"""The columns that are read."""


def statement(name: str) -> str:
    """Return a statement of ``serving/shop/sql``."""
    return resources.files("serving.shop").joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")


class ShopLake:
    """Opens the events of a lake; ``problem`` says why it is empty, when it is."""

    def __init__(self, events_path: str, memory: str = "1GB", threads: int = 1) -> None:
        """``memory`` and ``threads`` are the most that one query takes."""
        self._path = events_path
        self._memory = memory
        self._threads = threads

    @contextmanager
    def opened(self) -> Iterator[tuple[duckdb.DuckDBPyConnection, str | None]]:
        """Give a connection with ``counted_events(start, until)`` and ``bucket_of(step, start, moment)``; UTC.

        With it comes why there are no events, where the lake has none.

        Raises ShopstreamError for a lake without the columns of the current job.
        """
        with duckdb.connect() as db:
            db.execute(f"SET TimeZone = 'UTC'; SET threads = {self._threads}; SET memory_limit = '{self._memory}'")
            pattern = event_lake.files(self._path)
            ((there,),) = db.execute("SELECT count(*) FROM glob($files)", {"files": pattern}).fetchall()
            problem = None
            if there:
                files = pattern.replace("'", "''")
                source = f"SELECT * FROM read_parquet('{files}', hive_partitioning = true, hive_types_autocast = false)"  # noqa: S608 (our own path)
            else:
                problem = f"The event lake {self._path} has no files yet."
                columns = ", ".join(f'NULL::{kind} AS "{name}"' for name, kind in _TYPES.items())
                source = f"SELECT {columns} WHERE FALSE"
            db.execute(f"CREATE TEMP VIEW lake_files AS {source}")
            found = {name for name, *_ in db.execute("DESCRIBE lake_files").fetchall()}
            if missing := sorted(set(_TYPES) - found):
                raise ShopstreamError(
                    f"The event lake {self._path} was written by another version and has no {', '.join(missing)}."
                )
            db.execute(statement("bucket_of"))
            db.execute(statement("events"))
            yield db, problem
