from pathlib import Path

import pytest

from deploy.stack.log import last_telling_line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "the log is empty"),
        ("one\ntwo\n\n", "two"),
        ("ok\nERROR: broken\nbye\n", "ERROR: broken"),
        ("Error in VM\nToo small heap\nbye\n", "Error in VM: Too small heap"),
        (
            "x.StartException\n\tat a.b(c)\nCaused by: java.net.BindException: Address in use\n\tat d.e(f)\n",
            "Caused by: java.net.BindException: Address in use",
        ),
        (
            "Traceback (most recent call last):\n  File \"x\"\nModuleNotFoundError: No module named 'x'\n",
            "ModuleNotFoundError: No module named 'x'",
        ),
        ("Error: " + "x" * 500, "Error: " + "x" * 193),
    ],
)
def test_the_telling_line_of_a_log(tmp_path: Path, text: str, line: str) -> None:
    log = tmp_path / "log"
    log.write_text(text)
    assert last_telling_line(log) == line


def test_no_log_is_an_empty_log(tmp_path: Path) -> None:
    assert last_telling_line(tmp_path / "none") == "the log is empty"
