"""Topics on the broker against the topics of the contract: create what is missing, report what differs.

``python -m ingestion.topic_admin HOST:PORT`` does what ``shopstream topics apply`` does, with kafka-python alone.
"""

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient
from kafka.errors import KafkaError

from ingestion.errors import ShopstreamError
from ingestion.topics import TOPICS, Topic

Status = Literal["created", "unchanged", "differs", "missing"]


@dataclass(frozen=True, slots=True)
class TopicState:
    """One topic of the contract as the broker has it; ``differences`` are ready to print."""

    topic: Topic
    status: Status
    differences: tuple[str, ...] = ()


def apply(bootstrap: str, timeout: float = 5.0, topics: Iterable[Topic] = TOPICS) -> list[TopicState]:
    """Create the topics that are missing and return the state of all; topics that exist are never changed.

    Returns once every new partition has a leader. Running it again changes nothing. ``timeout`` in seconds.
    Raises ShopstreamError when Kafka is away or refuses.
    """
    wanted = tuple(topics)
    with _Broker(bootstrap, timeout) as broker:
        states = broker.compare(wanted)
        missing = [state.topic for state in states if state.status == "missing"]
        if missing:
            broker.create(missing)
    return [TopicState(state.topic, "created") if state.status == "missing" else state for state in states]


def compare(bootstrap: str, timeout: float = 5.0, topics: Iterable[Topic] = TOPICS) -> list[TopicState]:
    """Return the state of the topics and change nothing. Raises ShopstreamError when Kafka is away."""
    with _Broker(bootstrap, timeout) as broker:
        return broker.compare(tuple(topics))


class _Broker:
    """An admin connection whose errors are sentences."""

    def __init__(self, bootstrap: str, timeout: float) -> None:
        self._bootstrap = bootstrap
        self._timeout_ms = int(timeout * 1000)

    def __enter__(self) -> "_Broker":
        try:
            self._admin = KafkaAdminClient(
                bootstrap_servers=self._bootstrap.split(","),
                client_id="shopstream-topics",
                bootstrap_timeout_ms=self._timeout_ms,
                request_timeout_ms=self._timeout_ms,
            )
        except (KafkaError, OSError) as error:
            raise kafka_away(self._bootstrap) from error
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        self._admin.close()
        if isinstance(error, KafkaError):
            raise ShopstreamError(f"Kafka at {self._bootstrap} refused: {error}.") from error

    def create(self, topics: Iterable[Topic]) -> None:
        """Create topics with the broker's own replication factor and wait for their leaders."""
        wanted = {topic.name: {"num_partitions": topic.partitions, "configs": topic.config} for topic in topics}
        self._admin.create_topics(wanted, timeout_ms=self._timeout_ms, wait_for_metadata=True)

    def compare(self, topics: tuple[Topic, ...]) -> list[TopicState]:
        """Compare partitions and settings, those set on the broker by hand included."""
        present = set(self._admin.list_topics())
        names = [topic.name for topic in topics if topic.name in present]
        if not names:
            return [TopicState(topic, "missing") for topic in topics]
        partitions = {found["name"]: len(found["partitions"]) for found in self._admin.describe_topics(names)}
        configs = self._admin.describe_configs(
            [ConfigResource(ConfigResourceType.TOPIC, name) for name in names], config_filter="all"
        )["topic"]
        return [
            _state(topic, partitions[topic.name], configs[topic.name])
            if topic.name in present
            else TopicState(topic, "missing")
            for topic in topics
        ]


def _state(topic: Topic, partitions: int, config: dict[str, dict[str, Any]]) -> TopicState:
    differences = []
    if partitions != topic.partitions:
        differences.append(f"partitions {partitions}, not {topic.partitions}")
    for name, entry in sorted(config.items()):
        wanted = topic.config.get(name)
        if wanted is not None and entry["value"] != wanted:
            differences.append(f"{name} {entry['value']}, not {wanted}")
        elif wanted is None and entry["config_source"] == "DYNAMIC_TOPIC_CONFIG":
            differences.append(f"{name} {entry['value']}, not the broker's default")
    return TopicState(topic, "differs" if differences else "unchanged", tuple(differences))


def kafka_away(bootstrap: str) -> ShopstreamError:
    """Return the error that every program gives when no broker answers."""
    return ShopstreamError(
        f"Kafka does not answer at {bootstrap}: start it with `shopstream up`, or set SHOPSTREAM_KAFKA_BOOTSTRAP."
    )


if __name__ == "__main__":
    for found in apply(sys.argv[1]):
        sys.stdout.write(f"{found.topic.name}: {'; '.join(found.differences) or found.status}\n")
