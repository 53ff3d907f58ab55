"""How a running job fares: what it read and counted, what it could not, and how far it is behind."""

import re
from collections import Counter
from datetime import UTC, datetime

from kafka import TopicPartition
from pydantic import BaseModel

from flink_jobs.cluster import Cluster, Job
from flink_jobs.job_metrics import JobMetrics
from ingestion.topic_reader import TopicReader
from ingestion.topics import EVENT_TOPICS

# A job may have other sources too, the alert rules for instance.
_READ = re.compile(r"Source__.*_database_records\.numRecordsIn")
_OFFSET = re.compile(r"Source__.*_database_records\..*topic\.(.+)\.partition\.(\d+)\.currentOffset")
_DEAD_LETTERS = re.compile(r".*\.error_code\.(\w+)\.deadLetters")
_EVENTS = re.compile(r".*\.(counted|late|duplicate)Events")
_ENDINGS = (".numRecordsIn", ".currentOffset", ".deadLetters", "Events")
# Up to so many offsets of a partition are looked at one by one, for some may be no records.
_FEW = 10


class StreamCounts(BaseModel):
    """One running job. The counts are those since ``counted_since``, and up to 10 s old."""

    job: str
    name: str
    counted_since: datetime
    """When its tasks started, UTC: with the job, or after its last failure. All counts were zero then."""

    read: int
    """Kafka records."""

    counted: int
    """Events in the results: valid, in time, for the first time."""

    late: int
    """Events more than 10 minutes late; in the lake only."""

    duplicates: int
    """Events whose id was seen within the hour; in the lake only. Some may be late too."""

    dead_letters: dict[str, int]
    """Records that are no valid events, by error code."""

    unread: dict[str, int] | None
    """Records in Kafka that the job has not read yet, by topic; None when Kafka cannot be asked."""

    checkpoint_age_seconds: float | None
    """Time since the last checkpoint; after a crash the job goes on from there. None before the first."""

    failed_checkpoints: int


def stream_counts(rest: str, kafka_bootstrap: str | None) -> list[StreamCounts]:
    """Return the counts of each running job that reads events. Raises ShopstreamError when Flink or Kafka is away.

    ``kafka_bootstrap`` None: Kafka is known to be away.
    """
    running = [job for job in Cluster(rest).jobs() if job.state == "RUNNING"]
    return [counts for job in running if (counts := _counts(job, rest, kafka_bootstrap))]


def _counts(job: Job, rest: str, kafka_bootstrap: str | None) -> StreamCounts | None:
    metrics = JobMetrics(rest, job.id)
    offsets: dict[TopicPartition, int] = {}
    dead_letters: Counter[str] = Counter()
    events: Counter[str] = Counter()
    read = None
    for name, value in metrics.sums(_ENDINGS):
        if _READ.fullmatch(name):
            read = (read or 0) + int(value)
        elif found := _OFFSET.fullmatch(name):
            offsets[TopicPartition(found[1], int(found[2]))] = int(value)
        elif found := _DEAD_LETTERS.fullmatch(name):
            dead_letters[found[1]] += int(value)
        elif found := _EVENTS.fullmatch(name):
            events[found[1]] += int(value)
    if read is None:
        return None
    checkpoint, failed = metrics.checkpoints()
    return StreamCounts(
        job=job.id,
        name=job.name,
        counted_since=metrics.started_at(),
        read=read,
        counted=events["counted"],
        late=events["late"],
        duplicates=events["duplicate"],
        dead_letters=dict(sorted(dead_letters.items())),
        # A job is called as its consumer group.
        unread=None if kafka_bootstrap is None else _unread(kafka_bootstrap, job.name, offsets),
        checkpoint_age_seconds=None if checkpoint is None else (datetime.now(UTC) - checkpoint).total_seconds(),
        failed_checkpoints=failed,
    )


def _unread(bootstrap: str, group: str, current: dict[TopicPartition, int]) -> dict[str, int]:
    """Count what lies between the last record that the job read, or where it started, and the end."""
    topics = TopicReader(bootstrap)
    names = [topic.name for topic in EVENT_TOPICS]
    begins, ends = topics.begins(*names), topics.ends(*names)
    read_to = topics.committed(group) | {tp: offset + 1 for tp, offset in current.items() if offset >= 0}
    behind = {tp: max(0, end - max(begins[tp], read_to.get(tp, 0))) for tp, end in ends.items()}
    unread = Counter({topic.name: 0 for topic in EVENT_TOPICS})
    for partition, offsets in behind.items():
        if offsets > _FEW:
            unread[partition.topic] += offsets
    few = {partition: ends[partition] - offsets for partition, offsets in behind.items() if 0 < offsets <= _FEW}
    unread.update(topics.count(few, ends))
    return dict(unread)
