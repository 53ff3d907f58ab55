from collections import Counter
from datetime import UTC, datetime, timedelta

import orjson

from benchmarks.histories import histories
from ingestion import verdict

END = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_every_user_has_one_event_in_each_span_of_the_day() -> None:
    records = list(histories(30, 6, END))
    assert len(records) == 180
    events = [verdict.read(record.value, END) for record in records]
    assert all(isinstance(event, dict) for event in events), "none of them is a dead letter"
    assert len({orjson.loads(record.value)["event_id"] for record in records}) == 180
    times = [datetime.fromisoformat(orjson.loads(record.value)["timestamp"]) for record in records]
    assert times == sorted(times)
    assert times[-1] == END
    spans = Counter(
        (record.key, (moment - (END - timedelta(days=1)) - timedelta(microseconds=1)) // timedelta(hours=4))
        for record, moment in zip(records, times, strict=True)
    )
    assert set(spans.values()) == {1}
    assert {span for _, span in spans} == set(range(6))
