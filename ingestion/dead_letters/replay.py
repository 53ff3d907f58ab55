"""Sends selected dead letters to their topics again: each once, whoever asks and whatever breaks off."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice

from ingestion.dead_letters.dead_letter import DeadLetter, Position
from ingestion.dead_letters.decision import Decider, Decision, Outcome, Resent
from ingestion.dead_letters.letter_reader import LetterReader
from ingestion.dead_letters.marks import Marks
from ingestion.dead_letters.mended_file import Mended
from ingestion.dead_letters.selection import Selection
from ingestion.dead_letters.sender import ReplaySender
from ingestion.interrupt import ctrl_c
from ingestion.settings import KafkaSettings
from ingestion.topic_reader import TopicReader

_BATCH_RECORDS = 500
_BATCH_BYTES = 4 * 1024 * 1024
_EXAMPLES = 5


@dataclass(slots=True)
class ReplayReport:
    """What became, or would become, of the selected letters. ``counts``: by error code and outcome."""

    counts: Counter[tuple[str, Outcome]] = field(default_factory=Counter)
    old: int = 0
    """Of those to send: events of more than 10 minutes ago."""

    sent: int = 0
    """Committed to Kafka."""

    examples: list[tuple[Position, Decision]] = field(default_factory=list)
    """The first letters that are not sent because they are no event or not whole."""

    not_found: list[Position] = field(default_factory=list)
    """Sources of the mended file that no selected letter has; the first ones."""

    def total(self, outcome: Outcome) -> int:
        """Return the number of letters with this outcome, of all codes."""
        return sum(count for (_, found), count in self.counts.items() if found is outcome)

    def add(self, letter: DeadLetter, decision: Decision) -> None:
        """Count one letter."""
        self.counts[letter.error_code, decision.outcome] += 1
        self.old += decision.resent is not None and decision.resent.is_old
        if decision.outcome in (Outcome.REJECTED, Outcome.CUT) and len(self.examples) < _EXAMPLES:
            self.examples.append((letter.source, decision))


class Replay:
    """One selection, planned and then sent. The letters are read once for each, never held together in memory."""

    def __init__(
        self,
        settings: KafkaSettings,
        selection: Selection,
        again: bool = False,
        force: bool = False,
        mended: Mapping[Position, Mended] | None = None,
    ) -> None:
        """Note the end of the dead letters; see Decider for the other arguments. Raises ShopstreamError."""
        self._settings = settings
        self._topics = TopicReader(settings.kafka_bootstrap)
        # What is not sent does not use the limit up: the same call again takes the next ones.
        self._selection, self._limit = replace(selection, limit=None), selection.limit
        self._again, self._force, self._mended = again, force, mended
        self.reader = LetterReader(self._topics)
        self.report = ReplayReport()
        """Of the last ``plan`` or ``send``; kept up while that runs."""

    def plan(self, progress: Callable[[int], None] | None = None) -> ReplayReport:
        """Return what ``send`` would do now, and send nothing."""
        for _ in self._to_send(Marks(self._topics), progress):
            pass
        return self.report

    def send(self, progress: Callable[[int], None] | None = None) -> ReplayReport:
        """Send, in transactions of at most 500 records. Raises ShopstreamError; ``report.sent`` is then right.

        What is broken off, by an error, Ctrl-C or a crash, leaves whole transactions; the same call sends the rest.
        The first Ctrl-C lets the transaction under way end and raises KeyboardInterrupt then.
        """
        with ReplaySender(self._settings) as sender, ctrl_c() as stop:
            # Read only now, when no other replay can add to them.
            for batch in _batches(self._to_send(Marks(self._topics), progress)):
                self.report.sent += len(sender.send(batch))
                if stop.requested:
                    raise KeyboardInterrupt
        return self.report

    def letters(self) -> Iterator[DeadLetter]:
        """Return the selected letters that were not replayed before, each once: those to mend."""
        decider = Decider(Marks(self._topics), self._again, force=True)
        letters = self.reader.letters(self._selection)
        return islice((one for one in letters if decider.decide(one).outcome is not Outcome.REPLAYED), self._limit)

    def _to_send(self, marks: Marks, progress: Callable[[int], None] | None) -> Iterator[Resent]:
        return islice(self._resent(marks, progress), self._limit)

    def _resent(self, marks: Marks, progress: Callable[[int], None] | None) -> Iterator[Resent]:
        self.report = ReplayReport()
        decider = Decider(marks, self._again, self._force, self._mended)
        missing = dict.fromkeys(self._mended or ())
        for letter in self.reader.letters(self._selection, progress):
            if self._mended is not None:
                if letter.source not in self._mended:
                    continue
                missing.pop(letter.source, None)
            decision = decider.decide(letter)
            self.report.add(letter, decision)
            if decision.resent is not None:
                yield decision.resent
        self.report.not_found = list(missing)[:_EXAMPLES]


def _batches(items: Iterable[Resent]) -> Iterator[list[Resent]]:
    batch: list[Resent] = []
    size = 0
    for item in items:
        batch.append(item)
        size += len(item.value or b"")
        if len(batch) >= _BATCH_RECORDS or size >= _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
