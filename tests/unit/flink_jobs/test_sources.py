"""Which columns a job reads: those that the statements of its results name."""

import re
from pathlib import Path

import pytest

from flink_jobs import sources
from flink_jobs.results import RESULTS

ROOT = Path(sources.__file__).parent
READS = {
    "page_views": ["metrics/page_views_events.sql"],
    "revenue": ["metrics/revenue_events.sql"],
    "user_activity": ["metrics/user_activity_events.sql"],
    "funnel_stages": ["metrics/funnel_stages_events.sql"],
    "funnel_conversions": ["funnels/funnel_events.sql"],
    "anomalies": ["metrics/event_windows_events.sql"],
    "user_features": ["features/user_events.sql"],
    "product_features": ["features/product_events.sql"],
    "lake": ["lake/events.sql"],
}
"""The statements of each result that read ``counted_events``, ``events`` or, for the lake, what is stored of them."""


@pytest.mark.parametrize("result", RESULTS)
def test_a_job_has_the_columns_that_its_statements_name(result: str) -> None:
    text = "".join((ROOT / name).read_text() for name in READS[result])
    code = re.sub(r"--.*|'[^']*'", "", text)
    named = set(re.findall(r"[a-z_]+", code))
    assert set(sources.columns_of([result])) == named & set(sources.COLUMNS)
    assert set(sources.texts_of([result])) >= named & {"properties", "context"}


def test_no_statement_was_forgotten() -> None:
    reading = {
        str(path.relative_to(ROOT))
        for path in ROOT.rglob("*.sql")
        if re.search(r"\bFROM\s+(counted_events|stored_events)\b", re.sub(r"--.*", "", path.read_text()))
    }
    assert reading == {name for names in READS.values() for name in names}


def test_results_together_read_what_each_reads() -> None:
    assert sources.columns_of(["revenue", "page_views"]) == ("page", "currency", "total")
    assert sources.columns_of(RESULTS) == tuple(sources.COLUMNS)
