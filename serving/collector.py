"""The collector: judges a call's messages and delivers the events in them to Kafka."""

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from ingestion.collector.receipt import Receipt
from ingestion.collector.segment import Collected, read_message
from ingestion.verdict import Rejection
from serving.metrics import Metrics
from serving.outbox import Outbox
from serving.problems import ProblemError
from serving.security import ApiKeys
from serving.token_bucket import TokenBucket

# Scores are answered by the same event loop: it is let go on after about this many messages.
_MESSAGES_IN_A_ROW = 32


@dataclass(slots=True)
class Outcome:
    """What became of a call's messages; ``refused`` by their index."""

    accepted: list[Collected] = field(default_factory=list)
    refused: dict[int, Rejection] = field(default_factory=dict)


class Collector:
    """Everything between a decoded body and Kafka."""

    def __init__(self, keys: ApiKeys, rate: float, burst: int, outbox: Outbox, metrics: Metrics) -> None:
        self._keys = keys
        self._buckets = [TokenBucket(rate, burst) for _ in range(len(keys))]
        self._metrics = metrics
        self.outbox = outbox

    @property
    def problem(self) -> str | None:
        """What keeps events from being collected; None if nothing."""
        if not self._keys:
            return "no write key is set: set SHOPSTREAM_WRITE_KEYS"
        return self.outbox.problem

    def authenticate(self, write_key: object) -> int:
        """Return the number of a write key. Raises ProblemError (401) without an accepted one."""
        number = self._keys.number(write_key) if isinstance(write_key, str) else None
        if number is None:
            detail = (
                "This write key is not accepted."
                if write_key
                else "Send a write key: as the user name of HTTP Basic auth, or as writeKey in the body."
            )
            headers = {"WWW-Authenticate": 'Basic realm="collector", charset="UTF-8"'}
            raise ProblemError(401, "unauthorized", detail, headers=headers)
        return number

    async def collect(self, key: int, messages: Sequence[object], receipt: Receipt, call: str | None) -> Outcome:
        """Judge all messages, and return once Kafka has acknowledged the events in the good ones.

        Raises ProblemError (429) above the key's rate or with too much in flight, NotReadyError (503) while
        Kafka does not take events. Then the whole call is to be sent again.
        """
        # Before any work is done: a caller who is sent away must cost little.
        self.outbox.check_room(len(messages), 0)
        wait = self._buckets[key].take(len(messages))
        if wait:
            seconds = str(math.ceil(wait))
            raise ProblemError(429, "rate-limited", f"Send again in {seconds} s.", headers={"Retry-After": seconds})
        outcome = Outcome()
        for index, message in enumerate(messages, 1):
            found = read_message(message, receipt, call)
            if isinstance(found, Rejection):
                outcome.refused[index - 1] = found
                self._metrics.collector_refused.labels(found.error_code).inc()
            else:
                outcome.accepted.append(found)
            if index % _MESSAGES_IN_A_ROW == 0:
                await asyncio.sleep(0)
        await self.outbox.deliver(outcome.accepted)
        self._metrics.collector_accepted.inc(len(outcome.accepted))
        return outcome
