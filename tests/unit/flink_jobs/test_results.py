import pytest

from flink_jobs.results import RESULTS, Selection
from ingestion.errors import ShopstreamError


def test_a_job_with_all_results_has_the_groups_name() -> None:
    assert Selection.of([]) == Selection.of(reversed(RESULTS)) == Selection()
    assert Selection().job_name("blue") == "blue"


def test_a_job_with_some_is_called_by_them_in_one_order() -> None:
    some = Selection.of(["revenue", "lake", "page_views", "lake"])
    assert some.results == ("page_views", "revenue", "lake")
    assert some.job_name("blue-2") == "blue-2-page_views-revenue-lake"
    assert "revenue" in some
    assert "anomalies" not in some


@pytest.mark.parametrize("results", [(), ("user_features",), ("page_views", "lake")])
def test_a_name_tells_the_results(results: tuple[str, ...]) -> None:
    selection = Selection.of(results)
    assert Selection.of_job(selection.job_name("blue-2"), "blue-2") == selection


@pytest.mark.parametrize("name", ["other", "blue", "blue-3", "blue-2x", "blue-2-", "blue-2-lake-more"])
def test_another_job_has_none(name: str) -> None:
    assert Selection.of_job(name, "blue-2") is None


def test_what_two_jobs_both_have() -> None:
    assert Selection() & Selection.of(["lake"]) == {"lake"}
    assert not Selection.of(["revenue"]) & Selection.of(["lake"])


def test_an_unknown_result_is_named() -> None:
    with pytest.raises(ShopstreamError, match="No result is called pages: choose from page_views, revenue"):
        Selection.of(["lake", "pages"])
