"""Sends values to Kafka as they are, valid events or not."""

from functools import partial

from kafka.errors import KafkaError, KafkaTimeoutError

from ingestion.delivery import Delivery
from ingestion.errors import ShopstreamError
from ingestion.producer import EventProducer


class RawProducer(EventProducer):
    """An ``EventProducer`` that also takes bytes, with the same guarantees: for tests, and to send again."""

    def send_raw(self, topic: str, key: str | None, value: bytes) -> Delivery:
        """Accept one value and return at once; waits only while the buffer is full.

        Nothing is looked at or added; the record may be one that every reader rejects. Without a key Kafka's
        client chooses a partition. The report's ``event_id`` is empty.
        Raises ShopstreamError when it cannot be sent at all, as ``send`` does. Then nothing was accepted.
        """
        size = len(value)
        self._reserve(size)
        try:
            future = self._kafka.send(topic, value=value, key=None if key is None else key.encode())
        except BaseException as error:
            self._withdraw(size)
            if isinstance(error, KafkaTimeoutError):
                raise self._no_topic(topic) from error
            if isinstance(error, KafkaError):
                raise ShopstreamError(f"a value of {size:,} bytes for {topic} was not accepted: {error}.") from error
            raise
        delivery = Delivery()
        settle = partial(self._settle, "", topic, size, delivery, None)
        future.add_callback(settle)
        future.add_errback(settle)
        return delivery
