"""Sends values to Kafka as they are, valid events or not."""

from ingestion.delivery import Delivery
from ingestion.producer import EventProducer


class RawProducer(EventProducer):
    """An ``EventProducer`` that also takes bytes, with the same guarantees: for tests, and to send again."""

    def send_raw(self, topic: str, key: str | None, value: bytes) -> Delivery:
        """Accept one value and return at once; waits only while the buffer is full.

        Nothing is looked at or added; the record may be one that every reader rejects. Without a key Kafka's
        client chooses a partition. The report's ``event_id`` is empty.
        Raises ShopstreamError when it cannot be sent at all, as ``send`` does. Then nothing was accepted.
        """
        return self._hand_over(topic, None if key is None else key.encode(), value, "", None)
