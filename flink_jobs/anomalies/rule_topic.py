"""The compacted topic of alert rules: what `shopstream alerts` writes and the job reads."""

import contextlib
from typing import Any

from kafka import KafkaProducer
from kafka.errors import KafkaError, KafkaTimeoutError

from flink_jobs.anomalies.rules import Rule
from ingestion.errors import ShopstreamError
from ingestion.settings import KafkaSettings
from ingestion.topic_admin import kafka_away
from ingestion.topic_reader import TopicReader
from ingestion.topics import ALERT_RULES


class RuleTopic:
    """Reads and writes rules. What was written is there for everybody once the call returns; the last writer wins."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings

    def rules(self) -> list[Rule]:
        """Return the rules that are set, by key. Raises ShopstreamError when Kafka or the topic is away."""
        rows = TopicReader(self._settings.kafka_bootstrap).latest(ALERT_RULES.name)
        return [Rule.from_bytes(value) for _, value in sorted(rows.items())]

    def put(self, rule: Rule) -> None:
        """Set a rule in place of the one with its key. Raises ShopstreamError when Kafka did not take it."""
        self._write(rule.key, rule.to_bytes())

    def remove(self, key: str) -> bool:
        """Remove the rule with this key; False when there is none."""
        if all(rule.key != key for rule in self.rules()):
            return False
        self._write(key, None)
        return True

    def _write(self, key: str, value: bytes | None) -> None:
        settings = self._settings
        timeout_ms = int(settings.kafka_timeout_seconds * 1000)
        try:
            producer: Any = KafkaProducer(
                bootstrap_servers=settings.kafka_bootstrap.split(","),
                client_id="shopstream-alerts",
                acks="all",
                enable_idempotence=True,
                delivery_timeout_ms=2 * timeout_ms,
                request_timeout_ms=timeout_ms,
                bootstrap_timeout_ms=timeout_ms,
                max_block_ms=timeout_ms,
                allow_auto_create_topics=False,
                metrics_enabled=False,
            )
        except (KafkaError, OSError) as error:
            raise kafka_away(settings.kafka_bootstrap) from error
        try:
            producer.send(ALERT_RULES.name, value, key.encode()).get(2 * timeout_ms / 1000)
        except KafkaTimeoutError as error:
            raise ShopstreamError(
                f"Kafka at {settings.kafka_bootstrap} has no topic {ALERT_RULES.name}, or did not take the rule in"
                " time: run `shopstream topics apply` and set it again."
            ) from error
        except KafkaError as error:
            raise ShopstreamError(f"Kafka at {settings.kafka_bootstrap} did not take the rule: {error}.") from error
        finally:
            # What matters was acknowledged; a broker that is away must not hold the program up.
            with contextlib.suppress(KafkaError):
                producer.close(timeout=1)
