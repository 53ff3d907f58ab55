from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from ingestion.errors import ShopstreamError
from training.cutoffs import cutoffs_between, split_by_time
from training.tasks import TASKS, task_named

TASK = replace(task_named("purchase_24h"), every=timedelta(hours=6))


def test_only_cutoffs_whose_horizon_is_in_the_data() -> None:
    first, last = datetime(2024, 1, 1, 5, 30, tzinfo=UTC), datetime(2024, 1, 2, 18, tzinfo=UTC)
    assert [f"{cutoff:%d %H:%M}" for cutoff in cutoffs_between(first, last, TASK)] == [
        "01 06:00",
        "01 12:00",
        "01 18:00",
    ]
    just_before = last - timedelta(microseconds=1)
    assert [cutoff.hour for cutoff in cutoffs_between(first, just_before, TASK)] == [6, 12]


def test_the_newest_are_kept() -> None:
    first, last = datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 1, 9, tzinfo=UTC)
    everything = cutoffs_between(first, last, TASK)
    assert list(cutoffs_between(first, last, TASK, latest=3)) == list(everything[-3:])


def test_too_short_a_time_is_said() -> None:
    first = datetime(2024, 1, 1, tzinfo=UTC)
    with pytest.raises(ShopstreamError, match="span 0.8 days, and purchase_24h needs more than 1.0 days"):
        cutoffs_between(first, first + timedelta(hours=18), TASK)


@pytest.mark.parametrize("task", TASKS.values(), ids=lambda task: task.name)
def test_no_label_of_a_split_looks_into_the_next(task) -> None:  # type: ignore[no-untyped-def]
    cutoffs = pd.Series(pd.date_range("2024-01-01", "2024-06-20", freq="3h", tz="UTC"))
    split = split_by_time(cutoffs, task).of(cutoffs)
    train, validation, test = (cutoffs[split == name] for name in ("train", "validation", "test"))
    assert train.max() + task.horizon <= validation.min()
    assert validation.max() + task.horizon <= test.min()
    assert test.max() == cutoffs.max()
    usable = len(train) + len(validation) + len(test)
    assert len(train) / usable == pytest.approx(0.6, abs=0.02)
    assert len(validation) / usable == pytest.approx(0.2, abs=0.02)


def test_gaps_that_leave_nothing_are_said() -> None:
    cutoffs = pd.Series(pd.date_range("2024-01-01", "2024-01-03", freq="6h", tz="UTC"))
    with pytest.raises(ShopstreamError, match="span 2.0 days, .* alone need 2.0 days"):
        split_by_time(cutoffs, TASK)
