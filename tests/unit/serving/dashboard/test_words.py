from datetime import UTC, datetime, timedelta, timezone

import pytest

from serving.dashboard import words


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (None, "–"),
        (0.25, "250 ms"),
        (59.4, "59 s"),
        (60, "1 min"),
        (61, "1 min 1 s"),
        (3600, "1 h"),
        (259_200, "3 days"),
    ],
)
def test_durations(seconds: float | None, said: str) -> None:
    assert words.duration(seconds) == said


def test_a_long_time_is_told_in_days() -> None:
    assert words.duration(3 * 86_400) == "3 days"


def test_amounts_and_shares() -> None:
    assert words.money(12.5, "USD") == "$12.50"
    assert words.money(1234.5, "EUR") == "€1,234"
    assert words.money(3.0, "CHF") == "3.00 CHF"
    assert words.money(None, "USD") == words.count(None) == words.percent(None) == "–"
    assert words.percent(0.1234) == "12.3 %"


def test_changes_say_their_direction() -> None:
    assert words.change(110, 100) == ("+10.0 % than before", 1)
    assert words.change(90, 100) == ("-10.0 % than before", -1)
    assert words.change(100.01, 100) == ("as before", 0)
    assert words.change(5, 0) == words.change(None, 5) == ("no figure before", 0)


def test_moments_are_utc() -> None:
    assert words.moment(datetime(2026, 3, 1, 1, tzinfo=timezone(timedelta(hours=2)))) == "28 Feb 23:00"
    assert words.moment(datetime(2026, 3, 1, 1, tzinfo=UTC), with_day=False) == "01:00"
