"""A bounded table ``records`` made of events in a file, in the order they are to arrive."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pyflink.table import StreamTableEnvironment

from flink_jobs.sources import TEXTS, text_columns
from flink_jobs.statement import statement


def create_bounded_records(
    t_env: StreamTableEnvironment, folder: Path, events: Iterable[Mapping[str, Any]], lag: str = "'1' SECOND"
) -> None:
    """Create ``records`` with the columns of the Kafka source; absent columns are NULL.

    ``lag`` is how far the watermark stays behind. The file is read by one task in the order of the lines.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "records.json").open("w") as lines:
        for offset, event in enumerate(events):
            record = {
                "topic": "web_events",
                "partition": 0,
                "offset": offset,
                "kafka_time": event["timestamp"],
            }
            lines.write(json.dumps(record | dict(event)) + "\n")
    columns, _, _ = statement(
        "flink_jobs.events",
        "records",
        topics="",
        bootstrap="",
        group="",
        rules="",
        silence="",
        texts=text_columns(TEXTS),
    ).partition(") WITH (")
    columns = columns.replace(" METADATA FROM 'timestamp' VIRTUAL", "").replace(" METADATA VIRTUAL", "")
    columns = columns.replace("AS `row_time`\n", f"AS `row_time` - INTERVAL {lag}\n")
    t_env.execute_sql(
        f"{columns}) WITH ('connector' = 'filesystem', 'path' = '{folder}', 'format' = 'json',"
        " 'json.timestamp-format.standard' = 'ISO-8601')"
    )
