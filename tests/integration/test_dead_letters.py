"""Dead letters on a real Kafka, and from poison to a counted event through the real Flink job."""

import base64
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient

from deploy.stack.settings import ROOT, StackSettings
from deploy.stack.stack import Stack
from flink_jobs.cluster import Cluster
from flink_jobs.stream_counts import StreamCounts, stream_counts
from ingestion import topic_admin
from ingestion.dead_letters.cli import dead_letters
from ingestion.dead_letters.dead_letter import Position
from ingestion.dead_letters.marks import Marks
from ingestion.dead_letters.replay import Replay
from ingestion.dead_letters.selection import Selection
from ingestion.dead_letters.sender import ReplaySender
from ingestion.errors import ShopstreamError
from ingestion.settings import KafkaSettings
from ingestion.topic_reader import TopicReader
from tests.integration.conftest import FlinkCluster
from tests.job_settings import job_settings

pytestmark = pytest.mark.timeout(500)
NOW = datetime.now(UTC)
GROUP = "test-dead-letters"
JOB = {"checkpoint_seconds": 2, "silence_seconds": 2, "consumer_group": GROUP}

# Ends its process in the second transaction, at one of three moments.
KILLED = """
import os, sys
from kafka import KafkaProducer
from ingestion.dead_letters.replay import Replay
from ingestion.dead_letters.selection import Selection
from ingestion.dead_letters.sender import ReplaySender
from ingestion.settings import KafkaSettings

moment, topic = sys.argv[1:]
begin, write, commit = KafkaProducer.begin_transaction, ReplaySender._write, KafkaProducer.commit_transaction
begun = 0

def counted_begin(self):
    global begun
    begun += 1
    begin(self)

def after_the_records(self, batch):
    marks = write(self, batch)
    self._kafka.flush()
    if begun == 2 and moment == "before the commit":
        os._exit(9)
    return marks

def at_the_commit(self):
    commit(self)
    if begun == 2 and moment == "after the commit":
        os._exit(9)

KafkaProducer.begin_transaction = counted_begin
KafkaProducer.commit_transaction = at_the_commit
ReplaySender._write = after_the_records
Replay(KafkaSettings(), Selection(topics=(topic,))).send()
"""


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A broker of its own: what is sent here would move the event time of other tests' jobs."""
    settings = StackSettings.on_free_ports(tmp_path_factory.mktemp("dead-letters"))
    stack = Stack(settings, ["kafka"])
    stack.up()
    topic_admin.apply(settings.kafka_bootstrap)
    yield settings.kafka_bootstrap
    stack.down()


@pytest.fixture
def settings(kafka: str, monkeypatch: pytest.MonkeyPatch) -> KafkaSettings:
    monkeypatch.setenv("SHOPSTREAM_KAFKA_BOOTSTRAP", kafka)
    return KafkaSettings()


def event(event_id: str, event_type: str = "error", at: datetime = NOW, **more: Any) -> bytes:
    fields = {"event_id": event_id, "event_type": event_type, "timestamp": at.isoformat(), "user_id": "u"}
    return json.dumps(fields | more).encode()


def write_letters(
    bootstrap: str,
    topic: str,
    raws: list[bytes],
    code: str = "bad_value",
    partition: int = 0,
    into: int | None = None,
) -> None:
    """Write dead letters as the job does; ``into`` one partition, where their order is to be seen."""
    with KafkaProducer(bootstrap_servers=bootstrap, acks="all", linger_ms=20) as producer:
        for offset, raw in enumerate(raws):
            row = {
                "error_code": code,
                "error_message": "A sentence.",
                "source_topic": topic,
                "source_partition": partition,
                "source_offset": offset,
                "kafka_time": NOW.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                "key_base64": base64.b64encode(b"key-%d" % offset).decode(),
                "raw_base64": base64.b64encode(raw).decode(),
            }
            producer.send("dead_letter_events", json.dumps(row).encode(), partition=into)


def read(bootstrap: str, topic: str) -> list[tuple[int, bytes | None, bytes]]:
    """Partition, key and value of what is committed in a topic."""
    consumer = KafkaConsumer(
        bootstrap_servers=bootstrap,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
    )
    partitions = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic)]
    consumer.assign(partitions)
    ends = consumer.end_offsets(partitions)
    found = []
    deadline = time.monotonic() + 60
    while any(consumer.position(partition) < end for partition, end in ends.items()):
        assert time.monotonic() < deadline
        for batch in consumer.poll(timeout_ms=300).values():
            found += [(record.partition, record.key, record.value) for record in batch]
    consumer.close()
    return found


def run(*words: str, status: int = 0) -> Any:
    """Run a command that prints JSON."""
    result = CliRunner().invoke(dead_letters, [*words, "--json"])
    assert result.exit_code == status, (result.output, result.exception)
    return json.loads(result.stdout)


@pytest.mark.parametrize(
    ("moment", "topic", "sent_before"),
    [("before the commit", "error_events", 500), ("after the commit", "search_events", 1000)],
)
def test_a_killed_replay_is_finished_by_the_next_one(
    settings: KafkaSettings, moment: str, topic: str, sent_before: int
) -> None:
    bootstrap = settings.kafka_bootstrap
    write_letters(bootstrap, topic, [event(f"e-{number}") for number in range(1200)])
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, moment, topic],
        env={**os.environ, "SHOPSTREAM_KAFKA_BOOTSTRAP": bootstrap},
        cwd=ROOT,
        check=False,
    )
    assert killed.returncode == 9
    report = run("replay", "--topic", topic, "--yes")
    assert (report["sent"], report["outcomes"]["replayed"]) == (1200 - sent_before, sent_before)
    assert run("replay", "--topic", topic, "--yes")["sent"] == 0
    found = Counter(read(bootstrap, topic))
    assert found == Counter({(0, b"key-%d" % number, event(f"e-{number}")): 1 for number in range(1200)})


def test_a_second_replay_shuts_the_first_out(settings: KafkaSettings) -> None:
    bootstrap = settings.kafka_bootstrap
    write_letters(bootstrap, "user_events", [event("fenced")])
    replay = Replay(settings, Selection(topics=("user_events",)))
    batch = list(replay._to_send(Marks(TopicReader(bootstrap)), None))
    with ReplaySender(settings) as first:
        with ReplaySender(settings) as second:
            with pytest.raises(ShopstreamError, match="another replay has started"):
                first.send(batch)
            assert read(bootstrap, "user_events") == []
            (mark,) = second.send(batch)
        assert (mark.source, mark.sent_to[:2]) == (Position("user_events", 0, 0), ("user_events", 0))
    assert read(bootstrap, "user_events") == [(0, b"key-0", event("fenced"))]
    assert run("replay", "--topic", "user_events", "--yes")["sent"] == 0


def test_choosing_showing_and_mending(settings: KafkaSettings, tmp_path: Path) -> None:
    bootstrap, topic = settings.kafka_bootstrap, "product_events"
    raws = [event("m-0", total="1"), b"\xff\x1b", event("m-2", at=NOW + timedelta(minutes=1)), event("m-3"), b"{"]
    write_letters(bootstrap, topic, raws, "not_json", partition=4, into=0)
    with KafkaProducer(bootstrap_servers=bootstrap) as producer:
        producer.send("dead_letter_events", b"not ours")
    (group,) = run("list", "--topic", topic)
    assert (group["count"], group["replayed"], group["error_code"]) == (5, 0, "not_json")
    assert run("list", "--topic", topic, "--from", (NOW + timedelta(seconds=1)).isoformat()) == []
    newest = run("list", "--topic", topic, "--latest", "2")
    assert [row["source"] for row in newest] == [f"{topic}:4:4", f"{topic}:4:3"]

    by_source = run("show", f"{topic}:4:1")
    assert run("show", by_source["dead_letter"]) == by_source
    assert (by_source["raw_base64"], by_source["verdict_now"], by_source["replayed_at"]) == ("/xs=", "not_json", None)
    shown = CliRunner().invoke(dead_letters, ["show", f"{topic}:4:1"]).output
    assert "\\xff\\x1b" in shown
    assert CliRunner().invoke(dead_letters, ["show", f"{topic}:4:1", "--raw"]).stdout_bytes == raws[1]
    assert "is no dead letter" in str(CliRunner().invoke(dead_letters, ["show", f"{topic}:4:9"]).exception)

    # Events as they stand: one by one, without asking twice for the same.
    chosen = ("--offset", f"{topic}:4:2-4")
    assert run("replay", *chosen, "--dry-run")["outcomes"] == {"send": 2, "replayed": 0, "rejected": 1, "cut": 0}
    declined = CliRunner().invoke(dead_letters, ["replay", *chosen], input="n\n")
    assert declined.exit_code == 1
    assert read(bootstrap, topic) == []
    assert run("replay", *chosen, "--limit", "1", "--yes")["sent"] == 1
    assert run("replay", *chosen, "--limit", "1", "--yes")["sent"] == 1
    assert read(bootstrap, topic) == [(4, b"key-2", raws[2]), (4, b"key-3", raws[3])]
    assert run("replay", *chosen, "--again", "--yes")["sent"] == 2

    # The rest is mended: one line well, one badly.
    file = tmp_path / "mend.jsonl"
    assert run("replay", "--topic", topic, "--edit", str(file))["written"] == 3
    rows = {row["source"]: row for row in map(json.loads, file.read_text().splitlines())}
    rows[f"{topic}:4:4"]["value"] = json.loads(event("m-4", "page_view", user_id="v"))
    file.write_text("\n".join(map(json.dumps, rows.values())))
    report = run("replay", "--from-file", str(file), "--yes")
    assert report["outcomes"] == {"send": 2, "replayed": 0, "rejected": 1, "cut": 0}
    assert [example["source"] for example in report["examples"]] == [f"{topic}:4:1"]
    assert run("show", f"{topic}:4:4")["replayed_at"] is not None
    assert [json.loads(value)["event_id"] for _, _, value in read(bootstrap, "web_events")] == ["m-4"]
    assert [key for _, key, _ in read(bootstrap, "web_events")] == [b"v"]
    assert run("replay", "--from-file", str(file), "--yes")["sent"] == 0

    file.write_text(json.dumps({"source": f"{topic}:4:77", "value": {}}))
    unknown = CliRunner().invoke(dead_letters, ["replay", "--from-file", str(file), "--yes"])
    assert f"names {topic}:4:77, which is none of the selected dead letters" in str(unknown.exception)


def wait_until(found: Callable[[], Any], wanted: Any, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while (last := found()) != wanted:
        assert time.monotonic() < deadline, last
        time.sleep(0.5)


@pytest.fixture
def job(
    kafka: str, flink_cluster: FlinkCluster, stack_settings: StackSettings, valkey_address: str, tmp_path: Path
) -> Iterator[Path]:
    assert valkey_address == stack_settings.redis
    cluster = Cluster(flink_cluster.rest)
    own = {"kafka_bootstrap": kafka, "lake": str(tmp_path / "lake")}
    submitted = cluster.submit(job_settings(stack_settings, **JOB, **own))
    yield tmp_path / "lake" / "events"
    (running,) = [one for one in cluster.jobs() if one.id == submitted]
    cluster.stop(running, stack_settings.home)


def test_from_poison_to_a_counted_event(
    settings: KafkaSettings, job: Path, flink_cluster: FlinkCluster, tmp_path: Path
) -> None:
    bootstrap = settings.kafka_bootstrap
    allow_large_records(bootstrap, "general_events")
    before: list[StreamCounts] = []

    def counted() -> dict[str, Any]:
        """What the job counted since the test began; Flink tells it up to 10 s late."""
        (now,) = stream_counts(flink_cluster.rest, bootstrap)
        old = before[0] if before else now
        numbers = {name: getattr(now, name) - getattr(old, name) for name in ("read", "counted", "late", "duplicates")}
        letters = Counter(now.dead_letters)
        letters.subtract(old.dead_letters)
        return numbers | {"dead_letters": +letters, "unread": sum((now.unread or {}).values())}

    # Flink tells nothing of a job in its first seconds.
    wait_until(lambda: len(stream_counts(flink_cluster.rest, bootstrap)), 1)
    # Records of the tests before, none of which is rejected or of this test's users.
    records = sum(len(read(bootstrap, topic)) for topic in topics())
    wait_until(lambda: (stream_counts(flink_cluster.rest, bootstrap)[0].read, counted()["unread"]), (records, 0))
    before += stream_counts(flink_cluster.rest, bootstrap)

    def page(event_id: str, at: datetime = NOW, **more: Any) -> bytes:
        return event(event_id, "page_view", at, user_id="mended", properties={"page": "/mended"}, **more)

    purchase = event("p", "purchase", user_id="mended", properties={"total": "19.5", "currency": "EUR"})
    large = page("large", padding="x" * 10_000_000)
    poison = {
        "transaction_events": [purchase],
        "general_events": [large],
        "web_events": [
            page("good"),
            page("good"),
            page("late", NOW - timedelta(minutes=30)),
            page("stamp").replace(NOW.isoformat().encode(), b"01/11/2026 12:00"),
            page("ahead", NOW + timedelta(hours=1)),
        ],
    }
    with KafkaProducer(bootstrap_servers=bootstrap, acks="all", max_request_size=12_000_000) as producer:
        for topic, values in poison.items():
            for value in values:
                producer.send(topic, value, b"mended", partition=1).get(30)
    codes = {"bad_timestamp": 1, "bad_value": 1, "future_timestamp": 1, "too_large": 1}
    expected = {"read": 7, "counted": 1, "late": 1, "duplicates": 1, "dead_letters": Counter(codes), "unread": 0}
    wait_until(counted, expected)

    options = [word for code in codes for word in ("--code", code)]
    ours = (*options, "--from", (NOW - timedelta(seconds=1)).isoformat(), "--offset")
    mine = [*ours, "web_events:1:0-9999", "--offset", "transaction_events:1:0-9999", "--offset", "general_events:1:0-9"]
    wait_until(lambda: {row["error_code"]: row["count"] for row in run("list", *mine)}, codes)
    (cut,) = run("list", "--code", "too_large", "--latest", "1")
    whole = run("show", cut["source"])
    assert base64.b64decode(whole["raw_base64"]) == large[:262_144]
    assert (whole["verdict_now"], base64.b64decode(whole["key_base64"])) == ("too_large", b"mended")
    assert run("replay", *mine, "--yes")["outcomes"] == {"send": 0, "replayed": 0, "rejected": 3, "cut": 1}

    file = tmp_path / "mend.jsonl"
    run("replay", "--edit", str(file), *mine)
    text = file.read_text().replace('"19.5"', "19.5").replace("01/11/2026 12:00", NOW.isoformat())
    file.write_text("".join(line + "\n" for line in text.splitlines() if '"p"' in line or '"stamp"' in line))
    assert run("replay", "--from-file", str(file), "--yes")["sent"] == 2

    def lake() -> list[tuple[str, bool, bool]]:
        if not any(job.glob("**/part-*")):
            return []
        return duckdb.execute(
            "SELECT event_id, is_late, is_duplicate FROM read_parquet(?) WHERE user_id = 'mended' ORDER BY ALL",
            [f"{job}/**/part-*"],
        ).fetchall()

    def views() -> list[tuple[int, int]]:
        rows = map(json.loads, TopicReader(bootstrap).latest("page_views").values())
        return [(row["page_views"], row["unique_users"]) for row in rows if row["page"] == "/mended"]

    once = [("good", False, False), ("late", True, False), ("p", False, False), ("stamp", False, False)]
    wait_until(lake, sorted([*once, ("good", False, True)]))
    wait_until(views, [(2, 1)])
    assert run("replay", "--from-file", str(file), "--yes")["sent"] == 0
    assert run("replay", "--from-file", str(file), "--again", "--yes")["sent"] == 2
    again = [("good", False, True), ("p", False, True), ("stamp", False, True)]
    wait_until(lake, sorted([*once, *again]))
    assert views() == [(2, 1)]
    # The end of each replay's transaction takes an offset, which is no record that waits.
    wait_until(counted, expected | {"read": 11, "counted": 3, "duplicates": 3})


def topics() -> list[str]:
    from ingestion.topics import EVENT_TOPICS

    return [topic.name for topic in EVENT_TOPICS]


def allow_large_records(bootstrap: str, topic: str) -> None:
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    resource = ConfigResource(ConfigResourceType.TOPIC, topic, configs={"max.message.bytes": "12000000"})
    admin.alter_configs([resource])
    admin.close()
