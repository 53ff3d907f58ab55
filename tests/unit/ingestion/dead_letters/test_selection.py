from datetime import timedelta

import pytest

from ingestion.dead_letters.dead_letter import Position
from ingestion.dead_letters.selection import OffsetRange, Selection
from ingestion.errors import ShopstreamError
from tests.unit.ingestion.dead_letters.letters import NOON, letter

HALF = timedelta(milliseconds=500)
MILLISECOND = timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("selection", "taken"),
    [
        (Selection(), True),
        (Selection(codes=("not_json",)), True),
        (Selection(codes=("bad_value", "not_json")), True),
        (Selection(codes=("bad_value",)), False),
        (Selection(topics=("web_events",)), True),
        (Selection(topics=("user_events",)), False),
        (Selection(start=NOON + HALF), True),
        (Selection(start=NOON + HALF + MILLISECOND), False),
        (Selection(end=NOON + HALF), False),
        (Selection(end=NOON + HALF + MILLISECOND), True),
        (Selection(ranges=(OffsetRange.parse("web_events:2:17"),)), True),
        (Selection(ranges=(OffsetRange.parse("web_events:2:10-17"),)), True),
        (Selection(ranges=(OffsetRange.parse("web_events:2:18-20"), OffsetRange.parse("web_events:2:1-17"))), True),
        (Selection(ranges=(OffsetRange.parse("web_events:2:18-20"),)), False),
        (Selection(ranges=(OffsetRange.parse("web_events:1:17"),)), False),
        (Selection(ranges=(OffsetRange.parse("user_events:2:17"),)), False),
        (Selection(codes=("not_json",), topics=("user_events",)), False),
    ],
)
def test_every_condition_must_hold(selection: Selection, taken: bool) -> None:
    assert selection.takes(letter()) is taken


def test_a_range_of_a_topic_with_dashes() -> None:
    assert OffsetRange.parse("a-b:0:5") == OffsetRange(Position("a-b", 0, 5), 5)
    assert OffsetRange.parse("a-b:0:5-7") == OffsetRange(Position("a-b", 0, 5), 7)


@pytest.mark.parametrize("text", ["a:0:7-5", "a:0:5-", "a:0:-5", "a:0", "5-7", "a:0:5-x"])
def test_what_is_no_range(text: str) -> None:
    with pytest.raises(ShopstreamError):
        OffsetRange.parse(text)
