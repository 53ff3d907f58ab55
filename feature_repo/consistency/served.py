"""The vectors that the scorer has served, as its log has them."""

import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ingestion.topic_reader import TopicReader
from ingestion.topics import SCORED_USERS


@dataclass(frozen=True, slots=True)
class Served:
    """One answer of the scorer: the features it was made of, and when; times are UTC."""

    user_id: str
    scored_at: datetime
    as_of: datetime | None
    """Event time of the feature row; None for a user that the store did not know."""

    features: Mapping[str, Any]
    model: str = ""
    model_version: str = ""
    probability: float = math.nan


def read(topics: TopicReader, since: datetime | None = None) -> list[Served]:
    """Return all that was served since then, oldest first; ShopstreamError when Kafka is away."""
    return list(_served(record.value for record in topics.records(SCORED_USERS.name, since=since)))


def _served(values: Iterable[bytes]) -> Iterable[Served]:
    for value in values:
        record = json.loads(value)
        stamp = record["feature_timestamp"]
        yield Served(
            record["user_id"],
            _utc(record["scored_at"]),
            _utc(stamp) if stamp else None,
            record["features"],
            record["model"],
            str(record["model_version"]),
            record["probability"],
        )


def sample(served: Iterable[Served], users: int) -> list[Served]:
    """Return what was served to ``users`` users, those whose key's hash is least: the same ones in every run."""
    found = list(served)
    chosen = set(sorted({one.user_id for one in found}, key=_hash)[:users])
    return [one for one in found if one.user_id in chosen]


def _hash(user_id: str) -> bytes:
    return hashlib.sha256(user_id.encode()).digest()


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
