from pathlib import Path

import pytest
from pydantic import ValidationError

from flink_jobs.settings import JobSettings, LakeSettings
from ingestion.errors import ShopstreamError
from ingestion.settings import read_settings


@pytest.fixture(autouse=True)
def _bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting from outside, in a working directory of its own."""
    for name in JobSettings.model_fields:
        monkeypatch.delenv(f"SHOPSTREAM_{name.upper()}", raising=False)
    monkeypatch.chdir(tmp_path)


def test_the_lake_lies_in_the_state_folder(tmp_path: Path) -> None:
    settings = LakeSettings()
    assert settings.lake_root == str(tmp_path / ".shopstream" / "lake")
    assert settings.events_path == str(tmp_path / ".shopstream" / "lake" / "events")
    assert settings.user_features_path == str(tmp_path / ".shopstream" / "lake" / "user_features")


def test_paths_stay_when_the_working_directory_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = LakeSettings(state=Path("here"))
    assert settings.lake_root == str(tmp_path / "here" / "lake")
    monkeypatch.chdir("/")
    assert settings.lake_root == str(tmp_path / "here" / "lake")
    assert settings.events_path == str(tmp_path / "here" / "lake" / "events")


@pytest.mark.parametrize(
    ("state", "lake", "root"),
    [
        ("elsewhere", None, "{here}/elsewhere/lake"),
        ("/var/shop", None, "/var/shop/lake"),
        ("elsewhere", "data", "{here}/data"),
        ("elsewhere", "data/../lake/", "{here}/lake"),
        ("elsewhere", "/srv/lake/", "/srv/lake"),
        ("elsewhere", "s3://bucket/lake/", "s3://bucket/lake"),
        ("elsewhere", "", "{here}/elsewhere/lake"),
    ],
)
@pytest.mark.parametrize("kind", [LakeSettings, JobSettings])
def test_the_environment_says_where(
    kind: type[LakeSettings],
    state: str,
    lake: str | None,
    root: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SHOPSTREAM_STATE", state)
    if lake is not None:
        monkeypatch.setenv("SHOPSTREAM_LAKE", lake)
    monkeypatch.setenv("STATE", "/not/this/one")
    monkeypatch.setenv("LAKE", "/not/this/one")
    settings = kind()
    assert settings.lake_root == root.format(here=tmp_path)
    assert settings.events_path == settings.lake_root + "/events"


def test_every_job_setting_comes_from_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {
        "state": "s",
        "lake": "l",
        "kafka_bootstrap": "kafka:9092",
        "flink_rest": "flink:8081",
        "redis": "redis:6379",
        "consumer_group": "blue",
        "parallelism": "3",
        "checkpoint_seconds": "0.5",
        "silence_seconds": "7.5",
        "live_row_ms": "0",
        "source": "records.sql",
        "source_jars": "a.jar,b.jar",
        "funnel": "shop.toml",
        "anomaly_count_limit": "5.5",
        "anomaly_intensity_limit": "6.5",
        "anomaly_score": "7.5",
        "anomaly_min_history": "48",
        "feature_flush_ms": "9",
    }
    assert given.keys() == JobSettings.model_fields.keys()
    for name, value in given.items():
        monkeypatch.setenv(f"SHOPSTREAM_{name.upper()}", value)
    found = JobSettings()
    assert {name: str(getattr(found, name)) for name in given} == given


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PARALLELISM", "0"),
        ("CHECKPOINT_SECONDS", "0"),
        ("SILENCE_SECONDS", "-1"),
        ("LIVE_ROW_MS", "-1"),
        ("FEATURE_FLUSH_MS", "0"),
        ("PARALLELISM", "two"),
    ],
)
def test_a_wrong_variable_is_named(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"SHOPSTREAM_{name}", value)
    with pytest.raises(ShopstreamError, match=f"SHOPSTREAM_{name} is wrong"):
        read_settings(JobSettings)


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        JobSettings().redis = "elsewhere:1"


def test_another_process_reads_the_same_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = JobSettings(state=tmp_path, consumer_group="blue", checkpoint_seconds=0.5, anomaly_min_history=30)
    assert settings != JobSettings()
    for name, value in settings.environment().items():
        monkeypatch.setenv(name, value)
    assert JobSettings() == settings
