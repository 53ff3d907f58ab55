"""The comparison's figures, by hand."""

from dataclasses import replace

import pytest

from benchmarks import side_by_side
from benchmarks.side_by_side import ALL, FIVE, Run
from benchmarks.side_by_side import SPARK as SPARKS
from benchmarks.spark.run import SparkMeasured
from ingestion.errors import ShopstreamError
from tests.unit.benchmarks.test_pipeline import RUN

SPARK = SparkMeasured(records=500_000, seconds=100.0, cpu_seconds=150.0, peak_bytes=2**30, state_bytes=2**21, batches=2)


def test_ratios_are_to_the_fastest_of_sparks_runs() -> None:
    spark = {Run(SPARKS, "heap", 500_000): [SPARK], Run(SPARKS, "rocksdb", 500_000): [replace(SPARK, seconds=200.0)]}
    ours = {Run(FIVE, "heap", 500_000): [RUN], Run(ALL, "heap", 500_000): [replace(RUN, seconds=160.0)]}
    results = side_by_side.report({**ours, **spark}).results
    five, everything = results[:2]
    assert (five.figure, five.met) == (pytest.approx(2.5), False)
    assert (everything.figure, everything.met) == (pytest.approx(0.625), False)
    faster = side_by_side.report({Run(FIVE, "heap", 500_000): [replace(RUN, seconds=25.0)], **spark}).results
    assert (faster[0].figure, faster[0].met) == (4, True)
    figures = {result.name: result.figure for result in results}
    assert figures["Spark's five, rocksdb, 0.5 million"] == 2500
    assert figures["processor, Spark's five, heap, 0.5 million"] == 300
    assert figures["memory, Spark's five, heap, 0.5 million"] == 1024
    assert figures["state, five metrics, heap, 0.5 million"] == 1.5


def test_each_measurement_is_one_line() -> None:
    text = side_by_side.line(Run(SPARKS, "heap", 500_000), SPARK)
    assert text == "Spark's five, heap, 0.5 million: 5,000 events/s, 300 s of the processor a million"


def test_each_number_of_events_has_a_comparison_of_its_own() -> None:
    million = replace(RUN, records=1_000_000)
    rounds = {
        Run(FIVE, "heap", 500_000): [RUN],
        Run(SPARKS, "heap", 500_000): [SPARK],
        Run(FIVE, "heap", 1_000_000): [million],
        Run(SPARKS, "heap", 1_000_000): [replace(SPARK, records=1_000_000, seconds=400.0)],
    }
    figures = {result.name: result.figure for result in side_by_side.report(rounds).results}
    assert figures["five metrics, heap, 0.5 million / Spark's five at their best"] == pytest.approx(2.5)
    assert figures["five metrics, heap, 1 million / Spark's five at their best"] == pytest.approx(10)


def test_without_spark_there_is_no_ratio() -> None:
    results = side_by_side.report({Run(FIVE, "heap", 500_000): [RUN]}).results
    assert [result.unit for result in results] == ["events/s", "s/million", "MiB at most", "MiB"]


def test_what_was_measured_before_a_failure_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    with (
        pytest.raises(ShopstreamError),
        side_by_side.shown_at_the_end({Run(FIVE, "heap", 500_000): [RUN]}, as_json=False),
    ):
        raise ShopstreamError("Spark's heap is too small.")
    assert "five metrics, heap, 0.5 million" in capsys.readouterr().out


def test_the_figure_of_several_rounds_is_their_median() -> None:
    rounds = {
        Run(FIVE, "heap", 500_000): [replace(RUN, seconds=seconds) for seconds in (25.0, 100.0, 20.0)],
        Run(SPARKS, "heap", 500_000): [replace(SPARK, seconds=seconds) for seconds in (400.0, 100.0, 80.0)],
    }
    report = side_by_side.report(rounds)
    figures = {result.name: result for result in report.results}
    assert figures["five metrics, heap, 0.5 million / Spark's five at their best"].figure == pytest.approx(4)
    assert figures["Spark's five, heap, 0.5 million"].note == "rounds: 5,000 (1,250 to 6,250)"
    assert [run["seconds"] for run in report.details["five metrics, heap, 0.5 million"]] == [25.0, 100.0, 20.0]
