import re
from pathlib import Path

import pytest

import flink_jobs
from flink_jobs.statement import statement

FOLDER = Path(flink_jobs.__path__[0])
FILES = sorted(path for path in FOLDER.rglob("*.sql") if "operators" not in path.relative_to(FOLDER).parts)


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Name of a package with a statement of its own."""
    folder = tmp_path / "sql_of_this_test"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "seen.sql").write_text("-- Grün\nSELECT '${one}', ${two}, '$${kept}' FROM t", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    return folder.name


def test_settings_are_filled_in(package: str) -> None:
    assert statement(package, "seen", one="a b", two=2) == "-- Grün\nSELECT 'a b', 2, '${kept}' FROM t"


def test_a_quote_cannot_end_a_literal(package: str) -> None:
    text = statement(package, "seen", one="o'clock'; DROP TABLE t --", two=2)
    assert "'o''clock''; DROP TABLE t --'" in text


def test_a_value_is_not_read_for_settings_again(package: str) -> None:
    assert "'${two}', 2," in statement(package, "seen", one="${two}", two=2)


def test_a_missing_setting_is_named(package: str) -> None:
    with pytest.raises(KeyError, match="two"):
        statement(package, "seen", one=1)


def test_a_statement_of_the_product_takes_its_settings() -> None:
    text = statement("flink_jobs.metrics", "page_views_topic", topic="page_views", bootstrap="kafka:9092")
    assert "'topic' = 'page_views'" in text
    assert "'properties.bootstrap.servers' = 'kafka:9092'" in text
    assert "$" not in text


def test_the_files_are_found() -> None:
    """The checks below run on something, and each file lies where ``statement`` can read it."""
    assert {path.parent.name for path in FILES} >= {"events", "features", "lake", "metrics"}
    for path in FILES:
        assert (path.parent / "__init__.py").exists()


def split(text: str) -> tuple[str, str]:
    """The comment that a file begins with, and the rest without comments and without what its literals hold."""
    lines = text.splitlines()
    body = next((number for number, line in enumerate(lines) if not line.startswith("--")), len(lines))
    code = re.sub(r"'(?:[^']|'')*'|--[^\n]*", "", "\n".join(lines[body:]))
    return "\n".join(lines[:body]), code.strip()


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_each_file_says_what_it_is_and_holds_one_statement(path: Path) -> None:
    header, code = split(path.read_text(encoding="utf-8"))
    assert re.match(r"-- [A-Z].{20,}", header), "begins with a sentence that says what it is"
    # A table of its own has the grain of the statement that fills it; the source table and all others say theirs.
    is_sink = code.startswith("CREATE TEMPORARY TABLE") and path.stem != "records"
    assert is_sink or re.search(r"^-- Grain: \w", header, re.MULTILINE)
    assert is_sink or re.search(r"\bState: \w", header)
    assert re.match(r"(CREATE TEMPORARY (TABLE|VIEW)|INSERT INTO|SELECT)\s", code)
    # Flink's executeSql takes one statement, and a second one would begin after a semicolon or on a line of its own.
    assert ";" not in code
    others = re.findall(r"^(?:CREATE|INSERT|DROP|ALTER|SET|USE|EXECUTE|DELETE|UPDATE)\b", code, re.MULTILINE)
    assert len(others) == (0 if code.startswith("SELECT") else 1)
