"""Runs the anomaly job over windows and rules from files, as fast as they can be read."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from pyflink.table import StreamTableEnvironment

from flink_jobs.anomalies import job
from flink_jobs.anomalies.rules import Rule
from flink_jobs.environment import table_environment
from flink_jobs.settings import JobSettings

SLOT = timedelta(minutes=10)
WINDOW = timedelta(hours=1)

WINDOWS_TABLE = """
CREATE TEMPORARY TABLE event_windows (
    event_type STRING, window_start TIMESTAMP_LTZ(3), event_count BIGINT, unique_users BIGINT,
    watermark_time TIMESTAMP_LTZ(3), window_time TIMESTAMP_LTZ(3),
    WATERMARK FOR window_time AS watermark_time
) WITH ('connector' = 'filesystem', 'path' = '{folder}/windows', 'format' = 'json',
        'json.timestamp-format.standard' = 'ISO-8601')
"""

RULES_TABLE = """
CREATE TEMPORARY TABLE alert_rules (
    rule_key STRING, `rule` STRING,
    rule_time AS TO_TIMESTAMP_LTZ(253402214400000, 3), WATERMARK FOR rule_time AS rule_time
) WITH ('connector' = 'filesystem', 'path' = '{folder}/rules', 'format' = 'json')
"""

ALERTS_TABLE = """
CREATE TEMPORARY TABLE anomalies (
    alert_id STRING, event_type STRING, kind STRING, direction STRING, status STRING, started_at TIMESTAMP_LTZ(3),
    ended_at TIMESTAMP_LTZ(3), `value` DOUBLE, peak DOUBLE, peak_at TIMESTAMP_LTZ(3), expected_low DOUBLE,
    expected_high DOUBLE, score DOUBLE, event_count BIGINT, unique_users BIGINT,
    events_per_user DOUBLE, reason STRING, rule_version BIGINT
) WITH ('connector' = 'filesystem', 'path' = '{folder}/alerts', 'format' = 'json',
        'json.timestamp-format.standard' = 'ISO-8601')
"""


class WindowRow(NamedTuple):
    """What is known of a window at the moment ``seen``, by event time."""

    event_type: str
    start: datetime
    events: int
    users: int
    seen: datetime


def final_row(event_type: str, start: datetime, events: int, users: int) -> WindowRow:
    """Return the last row of a window, seen when events of ten minutes after its end have come."""
    return WindowRow(event_type, start, events, users, start + WINDOW + SLOT)


def alerts(
    folder: Path, rows: Iterable[WindowRow], rules: Iterable[Rule] = (), settings: JobSettings | None = None
) -> list[dict[str, Any]]:
    """Return all that the job says of the rows, which must be in the order in which they are seen."""
    settings = settings or JobSettings()
    folder.mkdir(parents=True, exist_ok=True)
    t_env = table_environment(settings, "test", bounded=True)
    _write(folder / "windows", (_window(row) for row in rows))
    t_env.execute_sql(WINDOWS_TABLE.format(folder=folder))
    return run(t_env, folder, rules, settings)


def run(
    t_env: StreamTableEnvironment, folder: Path, rules: Iterable[Rule], settings: JobSettings
) -> list[dict[str, Any]]:
    """Run the job's own views and statement over ``event_windows`` until its input ends; return all that it says."""
    _write(folder / "rules", ({"rule_key": rule.key, "rule": rule.to_bytes().decode()} for rule in rules))
    for table in (RULES_TABLE, ALERTS_TABLE):
        t_env.execute_sql(table.format(folder=folder))
    job.create_views(t_env, settings)
    (insert,) = job.inserts()
    t_env.execute_sql(insert).wait()
    parts = sorted((folder / "alerts").iterdir()) if (folder / "alerts").exists() else []
    return [json.loads(line) for part in parts for line in part.read_text().splitlines()]


def _window(row: WindowRow) -> dict[str, Any]:
    return {
        "event_type": row.event_type,
        "window_start": _text(row.start),
        "event_count": row.events,
        "unique_users": row.users,
        # As the windows of the metrics: a row has the last moment of its window, and the watermark is ten minutes late.
        "window_time": _text(row.start + WINDOW - timedelta(milliseconds=1)),
        "watermark_time": _text(row.seen - SLOT - timedelta(milliseconds=2)),
    }


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def _write(folder: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    folder.mkdir()
    with (folder / "rows.json").open("w") as lines:
        for row in rows:
            lines.write(json.dumps(row) + "\n")
