"""Events that wait in Kafka, and how far a consumer group has come with them."""

from collections.abc import Callable, Iterable

from ingestion.raw_producer import RawProducer
from ingestion.settings import KafkaSettings
from ingestion.simulator.disorder import Record
from ingestion.topic_reader import TopicReader
from ingestion.topics import EVENT_TOPICS

_PROGRESS_EVERY = 1000


class Backlog:
    """The records in the event topics of one broker, all sent by this object."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self.records = 0
        """How many there are."""

    def fill(self, records: Iterable[Record], progress: Callable[[int], None]) -> None:
        """Send the records to their topics and return once Kafka has stored all; raises what the producer raises."""
        producer = RawProducer(KafkaSettings(kafka_bootstrap=self._bootstrap))
        with producer:
            for record in records:
                producer.send_raw(record.topic.name, record.key, record.value)
                self.records += 1
                if self.records % _PROGRESS_EVERY == 0:
                    progress(self.records)

    def done(self, group: str) -> int:
        """Return how many records lie before the group's committed offsets: what became of them is in a checkpoint."""
        read = TopicReader(self._bootstrap).read_by(group)
        return sum(read.get(topic.name, 0) for topic in EVENT_TOPICS)
