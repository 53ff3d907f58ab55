"""What a backfill refuses before it touches anything; the rest is in tests/integration/test_backfill.py."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from flink_jobs.backfill import backfill
from flink_jobs.cluster import Cluster, Job
from flink_jobs.features.schema import FEATURE_SETS, USER
from flink_jobs.settings import JobSettings
from ingestion.errors import ShopstreamError
from tests.event_lake import write_lake

FEATURES = [one.name for one in FEATURE_SETS]
FIRST, LAST = datetime(2026, 2, 27, 9, tzinfo=UTC), datetime(2026, 3, 1, 15, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> JobSettings:
    events = [
        {"event_id": str(moment), "timestamp": moment, "event_type": "click", "user_id": "u"}
        for moment in (FIRST, LAST, LAST)
    ]
    write_lake(tmp_path / "lake" / "events", events)
    monkeypatch.setattr(Cluster, "jobs", lambda _self: [])
    return JobSettings(state=tmp_path)


def refusal(
    settings: JobSettings,
    start: datetime | None = None,
    until: datetime | None = None,
    into: Path | None = None,
    results: Sequence[str] = FEATURES,
) -> str:
    with pytest.raises(ShopstreamError) as error:
        backfill.backfill(settings, results, start, until, into, lambda *_: None)
    assert not list((settings.state / "lake").glob(".backfill*"))
    return str(error.value)


def test_what_lies_after_the_last_event_is_not_rebuilt(settings: JobSettings) -> None:
    assert "last event is of 2026-03-01 15:00:00 UTC" in refusal(settings, until=datetime(2026, 3, 2, tzinfo=UTC))


def test_the_lake_s_own_log_is_rebuilt_by_days(settings: JobSettings) -> None:
    assert "by whole days" in refusal(settings, start=FIRST)
    assert "by whole days" in refusal(settings, until=LAST.replace(hour=14))
    assert "no whole day" in refusal(settings, start=datetime(2026, 3, 1, tzinfo=UTC))


def test_a_folder_with_something_in_it_is_not_written_to(settings: JobSettings, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    assert "is not empty" in refusal(settings, into=tmp_path / "full")


def test_what_is_a_topic_needs_a_folder(settings: JobSettings) -> None:
    assert "revenue is a topic" in refusal(settings, results=["user_features", "revenue"])


def test_a_lake_on_an_object_store_is_named(settings: JobSettings) -> None:
    away = settings.model_copy(update={"lake": "s3://shop/lake"})
    assert "a folder" in refusal(away)


@pytest.mark.parametrize("name", ["shopstream", "shopstream-user_features-lake"])
def test_a_job_that_writes_the_log_must_stop_first(
    settings: JobSettings, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(Cluster, "jobs", lambda _self: [Job("abc", name, "RUNNING", 1)])
    assert "shopstream jobs stop abc" in refusal(settings)


@pytest.mark.parametrize("job", [Job("a", "shopstream", "CANCELED", 1), Job("a", "shopstream-lake", "RUNNING", 1)])
def test_other_jobs_may_run(settings: JobSettings, monkeypatch: pytest.MonkeyPatch, job: Job) -> None:
    monkeypatch.setattr(Cluster, "jobs", lambda _self: [job])
    monkeypatch.setattr(Cluster, "run", lambda *_: "id")
    monkeypatch.setattr(Cluster, "wait_until_finished", lambda *_: None)
    done = backfill.backfill(settings, [USER.name], None, None, None, lambda *_: None)
    assert (done.start.day, done.until) == (27, datetime(2026, 3, 1, tzinfo=UTC))
