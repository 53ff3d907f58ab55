"""The figures of a run, by hand."""

import pytest

from benchmarks import pipeline
from benchmarks.cluster_run import Measured

RUN = Measured(
    records=500_000,
    seconds=40.0,
    cpu_seconds=30.0,
    peak_bytes=3 * 2**30,
    state_bytes=3 * 2**19,
    heap_limit_bytes=2**30,
    heap_used_bytes=2**29,
    checkpoints=4,
    longest_checkpoint_seconds=0.7,
    state_backend="EmbeddedRocksDBStateBackend",
)


def test_figures_are_by_the_million_and_the_mebibyte() -> None:
    results = pipeline.report({"all, rocksdb": RUN}).results
    assert [result.figure for result in results] == pytest.approx([12_500, 60, 3072, 1.5, 0.7])
    assert all("(all, rocksdb)" in result.name for result in results)
