"""The job with a planted fault: dead letters are written without transactions, so a restart writes some again."""

import argparse
from typing import Any

from flink_jobs import main, sinks
from flink_jobs.results import Selection
from flink_jobs.settings import JobSettings
from flink_jobs.statement import statement as real_statement


def statement(package: str, name: str, **values: Any) -> str:
    text = real_statement(package, name, **values)
    return text.replace("'exactly-once'", "'at-least-once'") if name == "dead_letter_topic" else text


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("results", nargs="*")
    sinks.statement = statement  # type: ignore[assignment]  # the fault
    main.submit(JobSettings(), Selection.of(parser.parse_args().results))
