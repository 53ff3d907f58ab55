"""Reads the topic of dead letters, one at a time."""

from collections.abc import Callable, Iterator
from datetime import timedelta

from ingestion.dead_letters.dead_letter import DeadLetter, NotADeadLetterError, Position
from ingestion.dead_letters.selection import Selection
from ingestion.topic_reader import TopicReader
from ingestion.topics import DEAD_LETTER_EVENTS

# A letter is written after Kafka received the record, but maybe by a machine with a slower clock.
_CLOCKS_DIFFER = timedelta(hours=1)


class LetterReader:
    """The dead letters up to the end that their topic had when this was made; committed ones only.

    Reading twice therefore gives the same letters, whatever the job writes meanwhile. Memory holds one batch of
    Kafka's. Raises ShopstreamError when Kafka or the topic is away.
    """

    def __init__(self, topics: TopicReader) -> None:
        self._topics = topics
        self._ends = topics.ends(DEAD_LETTER_EVENTS.name)
        self.foreign = 0
        """Records passed over in the last reading because they are no dead letters."""

    @property
    def size(self) -> int:
        """Offsets up to the end; at least the number of letters."""
        return sum(self._ends.values())

    def letters(self, selection: Selection, progress: Callable[[int], None] | None = None) -> Iterator[DeadLetter]:
        """Yield the selected letters, each partition of the topic in order.

        A letter written twice, by a job that read again from an earlier snapshot, comes twice.
        ``progress`` is told now and then how many records were read.
        """
        self.foreign = 0
        taken = 0
        since = selection.start - _CLOCKS_DIFFER if selection.start else None
        for read, record in enumerate(self._topics.records(DEAD_LETTER_EVENTS.name, self._ends, since), start=1):
            if progress is not None and read % 100 == 0:
                progress(read)
            if selection.limit is not None and taken >= selection.limit:
                return
            try:
                letter = DeadLetter.from_record(record)
            except NotADeadLetterError:
                # Anybody may write to a topic; one such record must not make the rest unreachable.
                self.foreign += 1
                continue
            if selection.takes(letter):
                taken += 1
                yield letter

    def find(self, position: Position) -> DeadLetter | None:
        """Return the letter at a position of its own topic, or the last one of the record at a position elsewhere."""
        if position.topic == DEAD_LETTER_EVENTS.name:
            record = self._topics.record(position.topic, position.partition, position.offset)
            try:
                return DeadLetter.from_record(record) if record is not None else None
            except NotADeadLetterError:
                return None
        found = None
        for letter in self.letters(Selection()):
            if letter.source == position and (found is None or letter.written_at >= found.written_at):
                found = letter
        return found
