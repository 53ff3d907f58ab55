"""A histogram of many values at once says what prometheus_client's own says."""

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Histogram, generate_latest

from serving.row_histogram import RowHistogram

BOUNDS = (0.5, 1, 2.5, 60)
VALUES = st.lists(st.floats(-10, 100) | st.sampled_from(BOUNDS), max_size=30)


def said(registry: CollectorRegistry) -> list[str]:
    # When a series began is of no use, and ours does not say it.
    return [line for line in generate_latest(registry).decode().splitlines() if "_created" not in line]


@given(st.lists(VALUES, max_size=4))
def test_without_a_label(batches: list[list[float]]) -> None:
    ours, theirs = CollectorRegistry(), CollectorRegistry()
    found, wanted = RowHistogram("age", "Age", BOUNDS, ours), Histogram("age", "Age", buckets=BOUNDS, registry=theirs)
    for batch in batches:
        found.observe(batch)
        for value in batch:
            wanted.observe(value)
    *counts, total = said(ours)
    *wanted_counts, wanted_total = said(theirs)
    assert counts == wanted_counts
    assert abs(float(total.split()[1]) - float(wanted_total.split()[1])) < 1e-9


def test_by_label() -> None:
    ours, theirs = CollectorRegistry(), CollectorRegistry()
    found = RowHistogram("score", "Score", BOUNDS, ours, label="model")
    wanted = Histogram("score", "Score", ["model"], buckets=BOUNDS, registry=theirs)
    assert said(ours) == said(theirs), "no series before the first value"
    for model, values in (("b", [0.25, 3.0]), ("a", [100.0]), ("b", [0.5])):
        found.observe(values, model)
        for value in values:
            wanted.labels(model).observe(value)
    assert sorted(said(ours)) == sorted(said(theirs))
