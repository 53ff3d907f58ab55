"""JSON answers on the hot path."""

from datetime import datetime
from typing import Any

import orjson
from fastapi.responses import Response

from serving.features import FeatureRow
from serving.registry import ModelVersion


class Answer(Response):
    """JSON of plain values; the route's ``response_model`` documents it, and the tests hold it to that.

    Validating an answer that we made ourselves would cost as much as the prediction.
    """

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """Return JSON; timestamps are UTC and end in Z."""
        return orjson.dumps(content, option=orjson.OPT_UTC_Z)


def version_out(version: ModelVersion) -> dict[str, str]:
    """Return a version as ``ModelVersionOut``."""
    return {"name": version.name, "version": version.version, "alias": version.alias}


def freshness_out(row: FeatureRow, now: datetime) -> dict[str, Any]:
    """Return how old a row is, as the fields that several answers share."""
    return {
        "feature_timestamp": row.timestamp,
        "feature_age_seconds": row.age_seconds(now),
        "cold_start": row.cold_start,
    }
