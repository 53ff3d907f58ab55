from ingestion.dead_letters.summary import as_json, latest, summarise
from tests.unit.ingestion.dead_letters.letters import letter
from tests.unit.ingestion.dead_letters.test_decision import marks

FIRST = letter(b"{", 1, kafka_time="2026-11-01T12:00:01Z")
SECOND = letter(b"[", 2, kafka_time="2026-11-01T12:00:03Z")
THIRD = letter(b"[", 3, kafka_time="2026-11-01T12:00:02Z", code="bad_value", topic="user_events")


def test_groups_by_code_and_topic() -> None:
    groups = summarise(iter([SECOND, THIRD, FIRST]), marks(FIRST, THIRD))
    assert [group.as_json() for group in groups] == [
        {
            "error_code": "not_json",
            "source_topic": "web_events",
            "count": 2,
            "replayed": 1,
            "first": "2026-11-01T12:00:01.000+00:00",
            "last": "2026-11-01T12:00:03.000+00:00",
            "example": "A sentence.",
        },
        {
            "error_code": "bad_value",
            "source_topic": "user_events",
            "count": 1,
            "replayed": 1,
            "first": "2026-11-01T12:00:02.000+00:00",
            "last": "2026-11-01T12:00:02.000+00:00",
            "example": "A sentence.",
        },
    ]


def test_the_latest_are_the_newest_first() -> None:
    assert latest(iter([FIRST, SECOND, THIRD]), 2) == [SECOND, THIRD]
    assert latest(iter([]), 2) == []


def test_a_letter_as_json() -> None:
    rows = list(as_json([FIRST, SECOND], marks(SECOND)))
    assert rows[0] == {
        "source": "web_events:2:1",
        "dead_letter": "dead_letter_events:0:1",
        "error_code": "not_json",
        "error_message": "A sentence.",
        "kafka_time": "2026-11-01T12:00:01.000+00:00",
        "bytes": 1,
        "replayed_at": None,
    }
    assert rows[1]["replayed_at"] == "2026-11-01T12:00:00.000+00:00"
