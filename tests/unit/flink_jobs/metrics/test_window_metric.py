from datetime import timedelta
from importlib import resources

import pytest

from flink_jobs.metrics.job import inserts
from flink_jobs.metrics.window_metric import EVENT_WINDOWS, RESULTS, WindowMetric
from flink_jobs.statement import statement
from ingestion.topics import RESULT_TOPICS


@pytest.mark.parametrize(("size", "slide"), [(0, None), (60, 0), (60, 40), (60, 70), (33, 1), (-60, None), (-60, -10)])
def test_a_window_is_1_to_32_whole_slides_long(size: float, slide: float | None) -> None:
    with pytest.raises(ValueError, match="a window of x must be 1 to 32 whole slides long"):
        WindowMetric("x", timedelta(seconds=size), None if slide is None else timedelta(seconds=slide))


def test_windows_do_not_overlap_without_a_slide() -> None:
    assert WindowMetric("x", timedelta(minutes=1)).every == timedelta(minutes=1)
    assert WindowMetric("x", timedelta(hours=1), timedelta(minutes=10)).every == timedelta(minutes=10)


def test_every_result_has_its_statements_and_a_topic() -> None:
    files = {file.name for file in resources.files("flink_jobs.metrics").iterdir()}
    for metric, insert in zip(RESULTS, inserts(), strict=True):
        assert {f"{metric.name}{part}.sql" for part in ("", "_events", "_topic")} <= files
        assert insert == f"INSERT INTO {metric.name} SELECT * FROM {metric.name}_rows"
        view = statement("flink_jobs.metrics", metric.name)
        assert f"CREATE TEMPORARY VIEW {metric.name}_rows AS" in view and f"FROM {metric.name}_windows" in view
        assert metric.name in {topic.name for topic in RESULT_TOPICS}
    assert {f"{EVENT_WINDOWS.name}.sql", f"{EVENT_WINDOWS.name}_events.sql"} <= files
