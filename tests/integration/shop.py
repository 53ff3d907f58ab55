"""A broker and a scorer that collects from it."""

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
from kafka import KafkaConsumer, TopicPartition

from deploy.stack.process import process_of
from deploy.stack.settings import StackSettings
from deploy.stack.stack import Stack
from ingestion import topic_admin
from ingestion.topics import Topic

KEY = ("local-write-key", "")


class Shop(NamedTuple):
    """A broker and a scorer, without Valkey and MLflow: collecting needs neither."""

    kafka: Stack
    scorer: Stack
    client: httpx.Client

    def track(self, **message: Any) -> httpx.Response:
        return self.client.post("/v1/track", json={"event": "click", "userId": "u", **message})

    def problem(self) -> str | None:
        check = self.client.get("/readyz").json()["checks"]["collector"]
        assert check["ok"]
        detail: str | None = check["detail"]
        return detail

    def stored(self, topic: Topic) -> list[dict[str, Any]]:
        """All events in a topic, by partition in order."""
        # Made now: a consumer from before a broker was killed may not find it again for a long time.
        consumer = KafkaConsumer(
            bootstrap_servers=self.kafka.settings.kafka_bootstrap,
            auto_offset_reset="earliest",
            enable_auto_commit=False,
        )
        partitions = [TopicPartition(topic.name, number) for number in range(topic.partitions)]
        consumer.assign(partitions)
        ends = consumer.end_offsets(partitions)
        found: list[dict[str, Any]] = []
        deadline = time.monotonic() + 60
        while any(consumer.position(partition) < end for partition, end in ends.items()):
            assert time.monotonic() < deadline, f"read only {len(found)} events"
            for records in consumer.poll(timeout_ms=500).values():
                found += [json.loads(record.value) for record in records]
        consumer.close()
        return found

    def kill_broker(self) -> None:
        (part,) = self.kafka.status()
        assert part.pid is not None
        os.kill(part.pid, signal.SIGKILL)
        # Until then it could be taken for running.
        wait_until(lambda: (process := process_of(part.pid or 0)) is None or process.is_ending)


@contextmanager
def shop(folder: Path, with_kafka: bool = True) -> Iterator[Shop]:
    settings = StackSettings.on_free_ports(folder)
    kafka, scorer = Stack(settings, ["kafka"]), Stack(settings, ["scorer"])
    try:
        if with_kafka:
            kafka.up()
            topic_admin.apply(settings.kafka_bootstrap)
        scorer.up()
        with httpx.Client(base_url=f"http://{settings.scorer}", auth=KEY, timeout=30) as client:
            made = Shop(kafka, scorer, client)
            if with_kafka:
                wait_until(lambda: made.problem() is None)
            yield made
    finally:
        scorer.down()
        kafka.down()


def wait_until(condition: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        time.sleep(0.05)
