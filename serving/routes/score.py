"""Scores: one user, or many in one read and one prediction."""

import time
from typing import Any

from fastapi import APIRouter, Security

from serving.dependencies import RequestIdDep, ScorerDep
from serving.openapi import problems
from serving.routes.answer import Answer, freshness_out, version_out
from serving.schemas import BatchScoreOut, BatchScoreRequest, ScoreOut, ScoreRequest
from serving.scorer import Scores
from serving.security import require_api_key

router = APIRouter(
    prefix="/v1/score",
    tags=["score"],
    dependencies=[Security(require_api_key)],
    responses=problems(401, 404, 413, 422, 429, 503),
)


def _timings(scores: Scores, start: float) -> dict[str, float]:
    return {
        "features": round(scores.features_ms, 3),
        "predict": round(scores.predict_ms, 3),
        "total": round((time.perf_counter() - start) * 1000, 3),
    }


def score_answer(scores: Scores, start: float, request_id: str) -> dict[str, Any]:
    """Return the answer of one score as ``ScoreOut``; ``start`` is when the call began, by ``time.perf_counter``."""
    row = scores.rows[0]
    return {
        "user_id": row.user_id,
        "probability": scores.probabilities[0],
        "model": version_out(scores.model.version),
        "features": row.values,
        **freshness_out(row, scores.scored_at),
        "timings_ms": _timings(scores, start),
        "request_id": request_id,
    }


@router.post("", response_model=ScoreOut, summary="Score one user")
async def score(body: ScoreRequest, scorer: ScorerDep, request_id: RequestIdDep) -> Answer:
    """Read the user's features and answer the champion's probability; an unknown user gets defaults."""
    start = time.perf_counter()
    scores = await scorer.score([body.user_id], body.model, request_id)
    return Answer(score_answer(scores, start, request_id))


@router.post("/batch", response_model=BatchScoreOut, summary="Score up to 1,000 users")
async def score_batch(body: BatchScoreRequest, scorer: ScorerDep, request_id: RequestIdDep) -> Answer:
    """Score many users in one feature read and one prediction; all of them or none."""
    start = time.perf_counter()
    scores = await scorer.score(body.user_ids, body.model, request_id)
    answered: list[dict[str, Any]] = []
    for row, probability in zip(scores.rows, scores.probabilities, strict=True):
        answered.append(
            {
                "user_id": row.user_id,
                "probability": probability,
                **freshness_out(row, scores.scored_at),
                "features": row.values if body.include_features else None,
            }
        )
    return Answer(
        {
            "scores": answered,
            "model": version_out(scores.model.version),
            "timings_ms": _timings(scores, start),
            "request_id": request_id,
        }
    )
