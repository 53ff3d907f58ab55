from datetime import date
from pathlib import Path

from flink_jobs.backfill import log_days


def day(folder: Path, name: str, text: str) -> None:
    (folder / name).mkdir(parents=True)
    (folder / name / "part-0").write_text(text)


def found(folder: Path) -> dict[str, str]:
    return {part.parent.name: part.read_text() for part in folder.glob("*/part-*")}


def test_only_the_days_named_are_replaced(tmp_path: Path) -> None:
    log, rebuilt, kept = tmp_path / "log", tmp_path / "rebuilt", tmp_path / "kept"
    for number in (1, 2, 3, 5):
        day(log, f"day=2026-02-0{number}", f"old {number}")
    for number in (1, 2, 4, 5):
        day(rebuilt, f"day=2026-02-0{number}", f"new {number}")
    assert log_days.replace(log, rebuilt, kept, date(2026, 2, 2), date(2026, 2, 5)) == 3
    assert found(log) == {
        "day=2026-02-01": "old 1",
        "day=2026-02-02": "new 2",
        # Nothing happened on the 3rd, as the rebuilt log has it.
        "day=2026-02-04": "new 4",
        "day=2026-02-05": "old 5",
    }
    assert found(kept) == {"day=2026-02-02": "old 2", "day=2026-02-03": "old 3"}


def test_a_log_that_is_not_there_is_made(tmp_path: Path) -> None:
    day(tmp_path / "rebuilt", "day=2026-02-28", "new")
    replaced = log_days.replace(
        tmp_path / "log", tmp_path / "rebuilt", tmp_path / "kept", date(2026, 2, 27), date(2026, 3, 2)
    )
    assert replaced == 1
    assert found(tmp_path / "log") == {"day=2026-02-28": "new"}
    assert not (tmp_path / "kept").exists()
