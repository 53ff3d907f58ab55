"""The product's job with some of its results only, for ``flink run -py``: see pipeline.py.

``BENCHMARK_RESULTS`` holds patterns of sink tables, separated by commas; ``BENCHMARK_OPTIONS`` Flink's options as JSON;
``BENCHMARK_JOB`` the names of the job's results, all when it is empty. With ``BENCHMARK_DISCARD`` their rows are
written nowhere.
"""

import json
import os
import re
from collections.abc import Callable
from fnmatch import fnmatch
from typing import Any
from unittest.mock import patch

from flink_jobs.results import Selection
from flink_jobs.settings import JobSettings
from ingestion.errors import ShopstreamError


class ChosenInserts:
    """A statement set that leaves out the inserts into tables that were not chosen."""

    def __init__(self, statements: Any, patterns: list[str], stand_in: Callable[[str], str] = str) -> None:
        """``stand_in`` returns the table that takes a chosen table's rows; by default it is the same."""
        self._statements = statements
        self._patterns = patterns
        self._stand_in = stand_in
        self._known: list[str] = []
        self._chosen = 0

    def add_insert_sql(self, statement: str) -> None:
        """Add the insert if its table was chosen. ValueError for a statement that names no table."""
        found = re.search(r"^\s*INSERT\s+INTO\s+`?(\w+)`?", statement, re.IGNORECASE | re.MULTILINE)
        if found is None:
            raise ValueError(f"no INSERT INTO in: {statement}")
        self._known.append(found[1])
        if any(fnmatch(found[1], pattern) for pattern in self._patterns):
            self._chosen += 1
            begin, end = found.span(1)
            self._statements.add_insert_sql(statement[:begin] + self._stand_in(found[1]) + statement[end:])

    def execute(self) -> Any:
        """Submit the job; ShopstreamError when nothing was chosen."""
        if not self._chosen:
            raise ShopstreamError(f"No result fits {','.join(self._patterns)}: choose from {', '.join(self._known)}.")
        return self._statements.execute()


def submit(
    settings: JobSettings, selection: Selection, patterns: list[str], options: dict[str, str], discard: bool = False
) -> None:
    """Submit the job of ``flink_jobs.main`` with these sinks of its results; the options go over the product's own."""
    from flink_jobs import main
    from flink_jobs.environment import table_environment

    def environment(*arguments: Any, **named: Any) -> Any:
        t_env = table_environment(*arguments, **named)
        for option, value in options.items():
            t_env.get_config().set(option, value)
        create = t_env.create_statement_set

        def nowhere(table: str) -> str:
            other = f"discarded_{table}"
            t_env.execute_sql(
                f"CREATE TEMPORARY TABLE {other} WITH ('connector' = 'blackhole') LIKE {table} (EXCLUDING ALL)"
            )
            return other

        t_env.create_statement_set = lambda: ChosenInserts(create(), patterns, nowhere if discard else str)
        return t_env

    # The job is wired in one place, so that what is measured is what the product runs.
    with patch.object(main, "table_environment", environment):
        main.submit(settings, selection)


if __name__ == "__main__":
    submit(
        JobSettings(),
        Selection.of(os.environ.get("BENCHMARK_JOB", "").split()),
        os.environ["BENCHMARK_RESULTS"].split(","),
        json.loads(os.environ["BENCHMARK_OPTIONS"]),
        bool(os.environ.get("BENCHMARK_DISCARD")),
    )
