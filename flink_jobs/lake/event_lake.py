"""The event lake, opened with DuckDB: where its files are, and what to say when they cannot be read."""

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from ingestion.errors import ShopstreamError


def files(events_path: str) -> str:
    """Return the pattern of the files that are there; what begins with a dot is under way."""
    return f"{events_path}/*/*/*/*/part-*"


@contextmanager
def reading(events_path: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a connection whose zone is UTC, as Flink's files are without saying so.

    Raises ShopstreamError when a query in the block finds no files, or not the columns of the current job.
    """
    with duckdb.connect() as lake:
        lake.execute("SET TimeZone = 'UTC'")
        try:
            yield lake
        except duckdb.IOException as error:
            raise ShopstreamError(
                f"The event lake {events_path} has no files yet: let the job write them, or set SHOPSTREAM_STATE"
                " or SHOPSTREAM_LAKE to where it lies."
            ) from error
        except duckdb.BinderException as error:
            raise ShopstreamError(
                f"The event lake {events_path} was written by an earlier version and lacks a column of the current job:"
                f" {str(error).splitlines()[0]}"
            ) from error
