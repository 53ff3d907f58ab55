"""What the routes are given."""

from typing import Annotated

from fastapi import Depends, Request

from serving.metrics import Metrics
from serving.scorer import Scorer


async def _scorer(request: Request) -> Scorer:
    scorer: Scorer = request.app.state.scorer
    return scorer


async def _metrics(request: Request) -> Metrics:
    metrics: Metrics = request.app.state.metrics
    return metrics


async def _request_id(request: Request) -> str:
    request_id: str = request.state.request_id
    return request_id


ScorerDep = Annotated[Scorer, Depends(_scorer)]
MetricsDep = Annotated[Metrics, Depends(_metrics)]
RequestIdDep = Annotated[str, Depends(_request_id)]
