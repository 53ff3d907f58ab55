from datetime import UTC, datetime, timedelta

import pytest

from serving.dashboard.choice import CUSTOM, Choice

NOW = datetime(2026, 3, 4, 12, 30, 20, 5, tzinfo=UTC)


def test_a_preset_ends_with_the_minute_under_way() -> None:
    period = Choice(preset="24h").period(NOW)
    assert period.until == datetime(2026, 3, 4, 12, 31, tzinfo=UTC)
    assert period.length == timedelta(days=1)


def test_days_of_choice_are_whole_and_include_the_last() -> None:
    period = Choice(CUSTOM, "2026-03-01", "2026-03-02").period(NOW)
    assert period.length == timedelta(days=2)
    for first, last, words in (("", "2026-03-02", "first and a last"), ("2026-03-03", "2026-03-02", "after the last")):
        with pytest.raises(ValueError, match=words):
            Choice(CUSTOM, first, last).period(NOW)


@pytest.mark.parametrize(
    ("preset", "step"), [("1h", "window"), ("24h", "hour"), ("7d", "day"), ("30d", "day"), ("180d", "week")]
)
def test_steps_as_they_fit(preset: str, step: str) -> None:
    choice = Choice(preset=preset)
    assert choice.step(choice.period(NOW)) == step
    assert Choice(preset=preset, granularity="hour").step(choice.period(NOW)) == "hour"
