import json
import os
from collections import Counter
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from flink_jobs.lake import compaction
from flink_jobs.lake.cli import lake
from ingestion.errors import ShopstreamError

ORDER = compaction.ORDERS["events"]


def write(file: Path, first: int, rows: int, also: str = "") -> None:
    """Rows in reverse order, all that a merge must not change: NULLs, microseconds, text."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as db:
        db.execute("SET TimeZone = 'UTC'")
        db.execute(
            f"COPY (SELECT i AS arrival, 'e' || i AS event_id, CASE WHEN i % 3 > 0 THEN i / 7 END AS total,"
            f" make_timestamptz(1772000000123456 + i) AS timestamp{also}"
            f" FROM range({first}, {first + rows}) t(i) ORDER BY i DESC) TO '{file}' (FORMAT parquet)"
        )


def rows(folder: Path) -> Counter[tuple[object, ...]]:
    with duckdb.connect() as db:
        return Counter(db.read_parquet(f"{folder}/**/part-*", union_by_name=True).fetchall())


@pytest.fixture
def events(tmp_path: Path) -> Path:
    folder = tmp_path / "lake" / "events"
    for number in range(5):
        write(folder / "event_type=click" / "day=01" / f"part-{number}", 100 * number, 100)
    write(folder / "event_type=click" / "day=02" / "part-0", 1000, 10)
    write(folder / "event_type=login" / "day=01" / "part-0", 2000, 10)
    write(folder / "event_type=login" / "day=01" / "part-1", 3000, 10)
    return folder


def test_a_merged_file_has_the_same_rows_in_order(events: Path) -> None:
    before = rows(events)
    schema = pq.read_schema(events / "event_type=click" / "day=01" / "part-0")
    chosen = list(compaction.merges(events, 10**9, 0))
    assert [(one.folder.name, len(one.files)) for one in chosen] == [("day=01", 5), ("day=01", 2)]
    for one in chosen:
        compaction.merge(one, ORDER)
    assert rows(events) == before
    assert list(compaction.merges(events, 10**9, 0)) == []
    (merged,) = (events / "event_type=click" / "day=01").iterdir()
    assert pq.read_table(merged).column("arrival").to_pylist() == list(range(500))
    found = pq.read_schema(merged)
    assert [(field.name, field.type) for field in found] == [(field.name, field.type) for field in schema]


def test_large_and_young_files_are_left(events: Path) -> None:
    folder = events / "event_type=click" / "day=01"
    size = (folder / "part-0").stat().st_size
    assert list(compaction.merges(events / "event_type=click", 2 * size, 0)) == []
    # A group ends before it gets larger than the target.
    found = list(compaction.merges(events / "event_type=click", int(2.5 * size), 0))
    assert [len(one.files) for one in found] == [2, 2]
    assert list(compaction.merges(events, 10**9, 60)) == []
    for number in (1, 3):
        os.utime(folder / f"part-{number}", (0, 0))
    (one,) = compaction.merges(events, 10**9, 60)
    assert {file.name for file in one.files} == {"part-1", "part-3"}


def test_files_with_and_without_a_column_become_one(events: Path) -> None:
    folder = events / "event_type=login" / "day=01"
    write(folder / "part-2", 4000, 5, also=", 'DE' AS country")
    before = rows(events)
    (one,) = compaction.merges(events / "event_type=login", 10**9, 0)
    compaction.merge(one, ORDER)
    assert rows(events) == before


class Crash(Exception):
    pass


@pytest.mark.parametrize("step", range(18))
def test_a_crash_at_any_step_loses_and_doubles_nothing(
    events: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    before = rows(events)
    (one,) = compaction.merges(events / "event_type=click", 10**9, 0)
    left = step

    def failing(name: str) -> None:
        real = getattr(Path, name)

        def call(path: Path, *arguments: object, **options: object) -> object:
            nonlocal left
            if left == 0:
                raise Crash
            left -= 1
            return real(path, *arguments, **options)

        monkeypatch.setattr(Path, name, call)

    for name in ("rename", "unlink", "write_text"):
        failing(name)
    try:
        compaction.merge(one, ORDER)
        crashed = False
    except Crash:
        crashed = True
    monkeypatch.undo()
    # 1 text, 1 rename of the journal, 5 old files hidden, 1 shown, 5 and the journal removed.
    assert crashed == (step < 14)
    assert max(rows(events).values()) == 1, "no row is there twice, whenever a reader comes"
    compaction.mend(events)
    assert rows(events) == before
    assert not [file for file in events.glob("**/.*") if file.is_file()]


def test_the_command_merges_and_says_so(events: Path) -> None:
    environment = {"SHOPSTREAM_STATE": str(events.parents[1])}
    before = rows(events)

    def run(*arguments: str) -> str:
        result = CliRunner().invoke(lake, arguments, env=environment, catch_exceptions=False)
        assert result.exit_code == 0
        return result.stdout

    assert run("compact", "--min-age", "0", "--dry-run").startswith("7 files of ")
    assert rows(events) == before
    report = json.loads(run("compact", "--min-age", "0", "--json"))
    assert (report["files"], report["merged_files"]) == (7, 2)
    shown = {one["table"]: one for one in json.loads(run("show", "--json"))}
    assert (shown["events"]["partitions"], shown["events"]["files"]) == (3, 3)
    assert shown["user_features"]["files"] == 0
    assert "events" in run("show")
    assert rows(events) == before


def test_a_lake_elsewhere_is_named(tmp_path: Path) -> None:
    for place, words in (("s3://shop/lake", "object store"), (str(tmp_path / "none"), "no lake at")):
        result = CliRunner().invoke(lake, ["compact"], env={"SHOPSTREAM_LAKE": place})
        assert isinstance(result.exception, ShopstreamError)
        assert words in str(result.exception)
