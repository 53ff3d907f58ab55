"""Look-ups of online features."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Security

from serving.dependencies import RequestIdDep, ScorerDep
from serving.features import FeatureRow
from serving.openapi import problems
from serving.routes.answer import Answer, freshness_out
from serving.schemas import FeaturesOut, FeaturesRequest, UserFeatures
from serving.security import require_api_key

router = APIRouter(
    prefix="/v1/features",
    tags=["features"],
    dependencies=[Security(require_api_key)],
    responses=problems(401, 413, 422, 429, 503),
)


def _user_features(row: FeatureRow, now: datetime) -> dict[str, Any]:
    return {
        "user_id": row.user_id,
        "features": row.values,
        "feature_timestamps": row.timestamps,
        **freshness_out(row, now),
    }


@router.get("/{user_id}", response_model=UserFeatures, summary="Look one user up")
async def user_features(
    user_id: Annotated[str, Path(min_length=1, max_length=256, examples=["user_12345"])], scorer: ScorerDep
) -> Answer:
    """Answer the user's features as the scorer would read them now. An unknown user gets the defaults."""
    rows = await scorer.features.read(scorer.default_model, [user_id])
    return Answer(_user_features(rows[0], datetime.now(UTC)))


@router.post("", response_model=FeaturesOut, summary="Look up to 1,000 users up")
async def users_features(body: FeaturesRequest, scorer: ScorerDep, request_id: RequestIdDep) -> Answer:
    """Answer many users' features from one read."""
    rows = await scorer.features.read(scorer.default_model, body.user_ids)
    now = datetime.now(UTC)
    return Answer({"users": [_user_features(row, now) for row in rows], "request_id": request_id})
