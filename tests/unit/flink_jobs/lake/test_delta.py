"""A Delta table over the lake's files, read by Delta's own library and held to DuckDB over the files."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from click.testing import CliRunner
from deltalake import DeltaTable

from flink_jobs.lake import compaction, delta
from flink_jobs.lake.cli import lake
from ingestion.errors import ShopstreamError
from tests.unit.flink_jobs.lake.test_compaction import write


@pytest.fixture
def events(tmp_path: Path) -> Path:
    folder = tmp_path / "lake" / "events"
    for number in range(3):
        write(folder / "event_type=click" / "day=01" / f"part-{number}", 100 * number, 100)
    # As Flink writes a value that a folder's name cannot hold.
    for number in range(2):
        write(folder / "event_type=a%3Ab c" / "day=01" / f"part-{number}", 1000 + 10 * number, 10)
    write(folder / "event_type=__HIVE_DEFAULT_PARTITION__" / "day=02" / "part-0", 2000, 10)
    return folder


def rows(table: pa.Table) -> Counter[tuple[Any, ...]]:
    names = ("arrival", "event_id", "total", "timestamp")
    return Counter(zip(*(table[name].to_pylist() for name in names), strict=True))


def by_delta(events: Path) -> Counter[tuple[Any, ...]]:
    return rows(pa.table(DeltaTable(events).to_pyarrow_table()))


def by_duckdb(events: Path) -> Counter[tuple[Any, ...]]:
    with duckdb.connect() as db:
        db.execute("SET TimeZone = 'UTC'")
        query = "SELECT arrival, event_id, total, timestamp FROM read_parquet(?, union_by_name = true)"
        return Counter(db.execute(query, [f"{events}/**/part-*"]).fetchall())


def test_it_has_every_row_and_each_partition(events: Path) -> None:
    assert delta.update(events) == delta.Update(6, 0, 0)
    assert by_delta(events) == by_duckdb(events)
    found = pa.table(DeltaTable(events).to_pyarrow_table())
    assert Counter(found["event_type"].to_pylist()) == {"click": 300, "a:b c": 20, None: 10}
    assert Counter(found["day"].to_pylist()) == {"01": 320, "02": 10}
    assert DeltaTable(events).metadata().partition_columns == ["event_type", "day"]
    only = DeltaTable(events).to_pyarrow_table(filters=[("event_type", "=", "click")])
    assert only.num_rows == 300


def test_it_follows_new_files_and_merged_ones(events: Path) -> None:
    delta.update(events)
    assert delta.update(events) == delta.Update(0, 0, 0)
    write(events / "event_type=click" / "day=03" / "part-9", 5000, 7)
    assert delta.update(events) == delta.Update(1, 0, 1)
    before = by_duckdb(events)
    for merge in compaction.merges(events, 10**9, 0):
        compaction.merge(merge, compaction.ORDERS["events"])
    assert delta.update(events) == delta.Update(2, 5, 2)
    assert by_delta(events) == by_duckdb(events) == before


def test_a_column_that_comes_later_is_added(events: Path) -> None:
    delta.update(events)
    write(events / "event_type=click" / "day=04" / "part-0", 7000, 5, ", 'x' AS campaign")
    delta.update(events)
    found = pa.table(DeltaTable(events).to_pyarrow_table())
    assert Counter(found["campaign"].to_pylist()) == {None: 330, "x": 5}


def test_the_command_makes_it_and_a_compaction_keeps_it(events: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOPSTREAM_LAKE", str(events.parent))
    made = CliRunner().invoke(lake, ["delta", "--table", "events", "--json"], catch_exceptions=False)
    assert json.loads(made.stdout) == [{"table": "events", "added": 6, "removed": 0, "version": 0}]
    compacted = CliRunner().invoke(lake, ["compact", "--min-age", "0"], catch_exceptions=False)
    assert compacted.exit_code == 0
    assert DeltaTable(events).version() == 1
    assert by_delta(events) == by_duckdb(events)
    again = CliRunner().invoke(lake, ["delta"], catch_exceptions=False).output
    assert "events" in again and "user_features" not in again


def test_a_lake_without_files_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "events").mkdir()
    with pytest.raises(ShopstreamError, match="has no files yet"):
        delta.update(tmp_path / "events")
    monkeypatch.setenv("SHOPSTREAM_LAKE", str(tmp_path))
    result = CliRunner().invoke(lake, ["delta"])
    assert "has no files yet" in str(result.exception)
