"""The tables of the formats that are compared: all read the columns of the product's own source."""

import re

from benchmarks import formats
from benchmarks.formats import Column
from flink_jobs.sources import TEXTS, text_columns
from flink_jobs.statement import statement

COLUMNS = [
    Column("event_id", "STRING"),
    Column("timestamp", "TIMESTAMP_LTZ(6)"),
    Column("context.device", "STRING"),
    Column("properties.page", "STRING"),
    Column("properties.total", "DOUBLE"),
]


def test_every_column_of_the_source_is_read() -> None:
    text = statement(
        "flink_jobs.events",
        "records",
        **dict.fromkeys(("topics", "bootstrap", "group", "rules", "silence"), ""),
        texts=text_columns(TEXTS),
    )
    body = text[text.index("records (") : text.index(") WITH")]
    declared = [
        line.split()[0].strip("`")
        for line in body.splitlines()
        if re.match(r"    `", line) and "METADATA" not in line and " AS " not in line
    ]
    assert [column.path for column in formats.event_columns()] == [name for name in declared if name != "key"]
    assert set(formats.VERDICT) <= set(declared)


def test_our_columns_are_paths() -> None:
    job = formats.ours(COLUMNS, "'connector' = 'kafka'")
    assert "`properties.total` DOUBLE, `topic` STRING NOT NULL METADATA VIRTUAL" in job.source
    assert "'format' = 'shop-event'" in job.source
    assert job.insert == (
        "INSERT INTO sink SELECT `event_id`, `timestamp`, `context.device`, `properties.page`, `properties.total`,"
        " `topic`, `partition`, `offset`, `kafka_time` FROM source"
    )


def test_those_of_json_are_fields_of_rows() -> None:
    job = formats.flink_json(COLUMNS, "'connector' = 'kafka'")
    assert (
        "(`event_id` STRING, `timestamp` TIMESTAMP_LTZ(6), `context` ROW<`device` STRING>,"
        " `properties` ROW<`page` STRING, `total` DOUBLE>, `topic`" in job.source
    )
    assert "`context`.`device`, `properties`.`page`, `properties`.`total`" in job.insert
    text = formats.flink_json(COLUMNS, "'connector' = 'kafka'", timestamp="STRING")
    assert "`timestamp` STRING" in text.source


def test_all_give_the_same_types_to_the_sink() -> None:
    same = "c0 STRING, c1 TIMESTAMP_LTZ(6), c2 STRING, c3 STRING, c4 DOUBLE, c5 STRING, c6 INT, c7 BIGINT,"
    for job in (formats.ours(COLUMNS, ""), formats.flink_json(COLUMNS, "")):
        assert f"sink ({same} c8 TIMESTAMP_LTZ(3))" in job.sink
    assert "sink (c0 BYTES, c1 STRING, c2 INT, c3 BIGINT, c4 TIMESTAMP_LTZ(3))" in formats.raw("").sink
