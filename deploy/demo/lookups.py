"""Reads back, from where it was stored, what the demo's job has done."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb

from deploy.demo.summary import Counts
from feature_repo.settings import FeatureStoreSettings
from feature_repo.store import open_store
from flink_jobs.features.schema import USER_FEATURES
from flink_jobs.settings import JobSettings
from ingestion.topic_reader import TopicReader
from ingestion.topics import DEAD_LETTER_EVENTS, EVENT_TOPICS, PAGE_VIEWS, REVENUE

_SERVICE = "purchase_24h"
_BATCH = 500


def count_read(settings: JobSettings) -> int:
    """Count the records that the job has read, by its committed offsets; these move with a checkpoint."""
    read = TopicReader(settings.kafka_bootstrap).read_by(settings.consumer_group)
    return sum(read.get(topic.name, 0) for topic in EVENT_TOPICS)


def count_events(settings: JobSettings, produced: int) -> Counts:
    """Count the events where they are now; files and dead letters become visible with a checkpoint."""
    reader = TopicReader(settings.kafka_bootstrap)
    lake, late, duplicate = _lake(
        settings.events_path, "count(*), count(*) FILTER (is_late), count(*) FILTER (is_duplicate)", (0, 0, 0)
    )
    return Counts(
        produced=produced,
        read=count_read(settings),
        in_lake=lake,
        dead_lettered=sum(1 for _ in reader.records(DEAD_LETTER_EVENTS.name)),
        late=late,
        duplicate=duplicate,
        users_behind=_users_behind(settings),
    )


def _users_behind(settings: JobSettings) -> int:
    """Count the users whose latest event in the lake is not yet in the feature log."""
    events, log = settings.events_path, settings.user_features_path
    latest = f"""
        SELECT user_id, date_trunc('second', max("timestamp")) AS latest FROM read_parquet('{events}/**/part-*')
        WHERE user_id IS NOT NULL AND NOT is_late AND NOT is_duplicate GROUP BY user_id
    """  # noqa: S608 (our paths)
    if not _has_files(events):
        return 0
    if not _has_files(log):
        return _number(f"SELECT count(*) FROM ({latest})")  # noqa: S608 (as above)
    return _number(
        f"""
        SELECT count(*) FROM ({latest}) AS lake LEFT JOIN (
            SELECT user_id, max(last_seen) AS latest FROM read_parquet('{log}/**/part-*') GROUP BY user_id
        ) AS log USING (user_id)
        WHERE log.latest IS DISTINCT FROM lake.latest
        """  # noqa: S608 (as above)
    )


def _has_files(folder: str) -> bool:
    return any(Path(folder).glob("**/part-*"))


def _number(query: str) -> int:
    row = duckdb.execute(query).fetchone()
    return int(row[0]) if row else 0


def count_results(settings: JobSettings) -> dict[str, int]:
    """Count the rows of each result: keys of a topic, rows of the feature log."""
    reader = TopicReader(settings.kafka_bootstrap)
    rows = {topic.name: len(reader.latest(topic.name)) for topic in (PAGE_VIEWS, REVENUE)}
    (changes,) = _lake(settings.user_features_path, "count(*)", (0,))
    return {**rows, "user_features": changes}


def _lake(folder: str, columns: str, empty: tuple[int, ...]) -> tuple[int, ...]:
    if not _has_files(folder):
        return empty
    row = duckdb.execute(f"SELECT {columns} FROM read_parquet('{folder}/**/part-*')").fetchone()  # noqa: S608 (our path)
    return row or empty


def online_features(settings: FeatureStoreSettings, users: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return the features of each user that has any, read through Feast."""
    store = open_store(settings)
    service = store.get_feature_service(_SERVICE)
    asked = sorted(users)
    found: dict[str, dict[str, Any]] = {}
    for start in range(0, len(asked), _BATCH):
        batch = asked[start : start + _BATCH]
        answer = store.get_online_features(
            features=service, entity_rows=[{"user_id": user} for user in batch]
        ).to_dict()
        for place, user in enumerate(batch):
            row = {feature.name: answer[feature.name][place] for feature in USER_FEATURES}
            if row["last_seen"] is not None:
                found[user] = row
    return found
