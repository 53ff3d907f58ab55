import pytest
from rich.console import Console

from deploy.stack.status import PartStatus, State
from deploy.stack.table import status_table


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.9, "0 s"),
        (59, "59 s"),
        (60, "1 min 0 s"),
        (3599, "59 min 59 s"),
        (3600, "1 h 0 min"),
        (86_399, "23 h 59 min"),
        (183_600, "2 d 3 h"),
    ],
)
def test_uptime_is_worded_in_two_units(seconds: float, text: str) -> None:
    part = PartStatus(name="kafka", state=State.HEALTHY, address="a", pid=7, uptime_seconds=seconds, log="l")
    console = Console(width=100, record=True, quiet=False)
    with console.capture() as captured:
        console.print(status_table([part]))
    assert f" {text} " in captured.get()
