from ingestion.dead_letters.decision import Resent
from ingestion.dead_letters.replay import _batches
from tests.unit.ingestion.dead_letters.letters import letter


def resent(size: int) -> Resent:
    return Resent(letter(), "web_events", 0, None, b"x" * size, False, False)


def test_a_transaction_is_bounded_in_records_and_bytes() -> None:
    assert [len(batch) for batch in _batches(resent(1) for _ in range(1001))] == [500, 500, 1]
    assert [len(batch) for batch in _batches(resent(262_144) for _ in range(20))] == [16, 4]
    assert list(_batches([])) == []
