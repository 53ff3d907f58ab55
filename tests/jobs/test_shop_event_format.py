"""The Flink format ``shop-event`` on a bounded table, against the Python model, on broken events."""

import base64
import json
import random
from datetime import datetime
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import pytest

from flink_jobs.environment import table_environment
from flink_jobs.settings import JobSettings
from ingestion.rules import format_option
from ingestion.verdict import Rejection, read

RECORDS = 20_000
CORPUS = Path(__file__).parents[1] / "corpus" / "events.jsonl"
SIGNS = [*'"\\{}[]:,.-+eE0123456789untrfals /\t\r\0', '"}', '":', "\\u", "\\ud83d", "\u00e9", "\U0001f6d2"]


def corpus_values() -> list[bytes]:
    cases = map(json.loads, CORPUS.read_text().splitlines())
    values = [
        base64.b64decode(case["raw_base64"]) if "raw_base64" in case else case["raw"].encode()
        for case in cases
        if "raw_parts" not in case
    ]
    return [value for value in values if value]


def mutated(rng: random.Random, values: list[bytes]) -> bytes:
    """A value of the corpus with up to three changes, as one line of a file."""
    value = rng.choice(values)
    for _ in range(rng.randrange(4)):
        start = rng.randrange(len(value) + 1)
        end = min(len(value), start + rng.choice([0, 1, 1, 2, 9]))
        other = rng.choice(values)
        cut = rng.randrange(len(other))
        middle = rng.choice(
            [b"", rng.choice(SIGNS).encode(), rng.randbytes(1), other[cut : cut + rng.randrange(1, 30)]]
        )
        value = value[:start] + middle + value[end:]
    # A line break ends the record and a carriage return before it belongs to it.
    return value.replace(b"\n", b" ").rstrip(b"\r") or b" "


def expected(value: bytes) -> dict[str, Any]:
    """The row that the Python model demands."""
    verdict = read(value)
    if isinstance(verdict, Rejection):
        return {"error_code": verdict.error_code, "raw": value}
    timestamp: datetime = verdict["timestamp"]
    properties = verdict.get("properties")
    properties = properties if isinstance(properties, dict) else {}
    page, total = properties.get("page"), properties.get("total")
    number = type(total) in (int, float) and abs(total) < float("inf")
    return {
        "event_id": verdict["event_id"],
        "event_type": verdict["event_type"],
        "time": timestamp.strftime("%Y-%m-%d %H:%M:%S.%f"),
        "user_id": verdict.get("user_id"),
        # Python's value has lost how a number, an object or a list was written.
        "page": page if page is None or isinstance(page, str) else ANY,
        "total": float(total) if number else None,
        "raw": value,
    }


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[bytes, dict[str, Any]]]:
    """Each value with the row that Flink made of it, without its NULLs."""
    folder = tmp_path_factory.mktemp("values")
    rng = random.Random(20261101)  # not for secrets
    corpus = corpus_values()
    values = [mutated(rng, corpus) for _ in range(RECORDS)]
    (folder / "values").write_bytes(b"\n".join(values) + b"\n")
    t_env = table_environment(JobSettings(parallelism=1, live_row_ms=0), "test", bounded=True)
    t_env.execute_sql(
        f"""
        CREATE TEMPORARY TABLE records (
            event_id STRING, event_type STRING, `timestamp` TIMESTAMP_LTZ(6), user_id STRING,
            properties STRING, `properties.page` STRING, `properties.total` DOUBLE, context STRING,
            `properties.items` ARRAY<ROW<product_id STRING, quantity INT, price DOUBLE>>,
            error_code STRING, error_message STRING, `raw` BYTES
        ) WITH (
            'connector' = 'filesystem', 'path' = '{folder}',
            'format' = 'shop-event', 'shop-event.rules' = '{format_option()}'
        )
        """
    )
    # Not collect(): a row through it takes 8 ms.
    t_env.execute_sql(
        f"""
        CREATE TEMPORARY TABLE made (
            event_id STRING, event_type STRING, `time` STRING, user_id STRING, page STRING, total DOUBLE,
            error_code STRING, `raw` BYTES
        ) WITH ('connector' = 'filesystem', 'path' = '{folder.with_name(folder.name + "-made")}', 'format' = 'json')
        """
    )
    t_env.execute_sql(
        """
        INSERT INTO made
        SELECT event_id, event_type, CAST(`timestamp` AS STRING) AS `time`, user_id,
            `properties.page` AS page, `properties.total` AS total, error_code, `raw`
        FROM records
        """
    ).wait()
    (part,) = folder.with_name(folder.name + "-made").iterdir()
    made = [json.loads(line) for line in part.read_text().splitlines()]
    for row in made:
        row["raw"] = base64.b64decode(row["raw"])
    assert len(made) == len(values)
    return list(zip(values, made, strict=True))


def test_flink_and_python_agree(rows: list[tuple[bytes, dict[str, Any]]]) -> None:
    for value, row in rows:
        assert row == dict.fromkeys(row) | expected(value), base64.b64encode(value)


def test_every_verdict_was_tried(rows: list[tuple[bytes, dict[str, Any]]]) -> None:
    codes = [row["error_code"] for _, row in rows]
    for code in (None, "not_json", "not_an_object", "missing_field", "bad_timestamp", "bad_value"):
        assert codes.count(code) > RECORDS // 100, code
