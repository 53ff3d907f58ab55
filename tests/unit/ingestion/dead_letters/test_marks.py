from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from ingestion.dead_letters.dead_letter import Position
from ingestion.dead_letters.marks import Mark

MILLISECONDS = st.integers(0, 4_000_000_000_000).map(lambda number: datetime.fromtimestamp(number / 1000, UTC))
POSITIONS = st.builds(Position, st.sampled_from(["web_events", "a-b.c"]), st.integers(0, 99), st.integers(0, 2**62))


@given(st.builds(Mark, POSITIONS, MILLISECONDS, MILLISECONDS, POSITIONS, st.booleans()))
def test_a_mark_reads_what_it_writes(mark: Mark) -> None:
    assert Mark.from_bytes(mark.key, mark.to_bytes()) == mark
