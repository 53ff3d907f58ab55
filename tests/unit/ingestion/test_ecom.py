import gzip
import hashlib
import re
import statistics
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingestion import ecom
from ingestion.ecom_events import ECOM_EVENTS, MEDIAN_TOTAL, mapping_of, simulated_amount
from ingestion.errors import ShopstreamError
from ingestion.event import Event
from ingestion.topics import topic_of

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "ecom.md"
HEADER = "user_id,session_id,event,timestamp,platform,acquisition_channel,user_cohort,user_lifecycle"
HOME = "user_0000,sess_000001,home,2024-03-13 10:21:14,desktop,email,2024-01,returning"
BUY = "user_0000,sess_000002,purchase,2024-03-23 09:53:12,desktop,email,2024-01,new"


def write(path: Path, *rows: str) -> Path:
    path.write_bytes(gzip.compress("\n".join((HEADER, *rows)).encode()))
    return path


def test_the_page_documents_exactly_the_table() -> None:
    row = re.compile(r"^\| `(\w+)` \| `(\w+)` \| `(\w+)` \| (?:`properties\.(\w+)`)? *\|$", re.MULTILINE)
    documented = {name: (kind, topic, detail or None) for name, kind, topic, detail in row.findall(PAGE.read_text())}
    assert documented == {
        name: (mapping.event_type, topic_of(mapping.event_type).name, mapping.detail)
        for name, mapping in ECOM_EVENTS.items()
    }


def test_a_page_view_row(tmp_path: Path) -> None:
    seed = b"ecom|1|user_0000|sess_000001|home|2024-03-13 10:21:14"
    assert list(ecom.read(write(tmp_path / "a.csv.gz", HOME))) == [
        Event(
            hashlib.md5(seed, usedforsecurity=False).hexdigest(),
            "page_view",
            datetime(2024, 3, 13, 10, 21, 14, tzinfo=UTC),
            "user_0000",
            "sess_000001",
            {"page": "home"},
            {
                "library": "ecom",
                "device": "desktop",
                "channel": "email",
                "referrer": "email",
                "cohort": "2024-01",
                "lifecycle": "returning",
            },
        )
    ]


def test_a_purchase_says_that_its_total_is_simulated(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv.gz", HOME, BUY)
    purchase = list(ecom.read(path))[1]
    assert purchase.properties["total_simulated"] is True
    assert purchase.properties["currency"] == "USD"
    assert purchase.properties["total"] == list(ecom.read(path))[1].properties["total"] > 0


def test_rows_that_repeat_are_events_of_their_own(tmp_path: Path) -> None:
    first, second = ecom.read(write(tmp_path / "a.csv.gz", HOME, HOME))
    assert first.event_id != second.event_id


def test_amounts_follow_the_documented_distribution() -> None:
    ids = [hashlib.md5(str(number).encode(), usedforsecurity=False).hexdigest() for number in range(20_000)]
    amounts = [simulated_amount(event_id, MEDIAN_TOTAL) for event_id in ids]
    tenths = statistics.quantiles(amounts, n=10)
    assert [tenths[0], tenths[4], tenths[8]] == pytest.approx([28.84, 60.0, 124.8], rel=0.03)
    assert all(round(amount, 2) == amount for amount in amounts)


@pytest.mark.parametrize("digit", ["0", "f"])
def test_the_extreme_ids_have_finite_amounts(digit: str) -> None:
    assert 0 <= simulated_amount(digit * 32, MEDIAN_TOTAL) < 1e9


def test_unmapped_names_stay_and_never_pass_for_ours() -> None:
    assert mapping_of("newsletter").event_type == "newsletter"
    assert mapping_of("click").event_type == "ecom_click"


def test_events_come_by_time_and_equal_times_in_file_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "ecom.csv.gz", BUY, HOME, BUY.replace("purchase", "search"))
    monkeypatch.setattr(ecom, "SHA256", hashlib.sha256(path.read_bytes()).hexdigest())
    monkeypatch.setattr(sys, "executable", "/nonexistent")  # a download would fail: the kept file is used
    types = [event.event_type for event in ecom.EcomClickstream(tmp_path)]
    assert types == ["page_view", "purchase", "search"]


def test_other_columns_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(b"user,time\n"))
    with pytest.raises(ShopstreamError, match="its columns must be user_id"):
        list(ecom.read(path))


def test_without_network_one_sentence_and_nothing_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    damaged = tmp_path / "ecom.csv.gz"
    damaged.write_bytes(b"not the file")
    with pytest.raises(ShopstreamError, match="cannot download retentioneering==5.2.4"):
        ecom.fetch(tmp_path)
    assert list(tmp_path.iterdir()) == [damaged]
