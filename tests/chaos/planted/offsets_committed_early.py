"""The job with a planted fault: offsets are committed as records are read, before what they changed is safe."""

import argparse
from typing import Any

from flink_jobs import main, sources
from flink_jobs.results import Selection
from flink_jobs.settings import JobSettings
from flink_jobs.statement import statement as real_statement

_EARLY = "'properties.enable.auto.commit' = 'true',\n    'properties.auto.commit.interval.ms' = '100',\n    "


def statement(package: str, name: str, **values: Any) -> str:
    text = real_statement(package, name, **values)
    return text.replace("'properties.group.id'", f"{_EARLY}'properties.group.id'") if name == "records" else text


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("results", nargs="*")
    sources.statement = statement  # type: ignore[assignment]  # the fault
    main.submit(JobSettings(), Selection.of(parser.parse_args().results))
