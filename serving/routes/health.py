"""Health, readiness and metrics; open, so that probes and Prometheus need no key."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from serving.dependencies import MetricsDep, ScorerDep
from serving.metrics import CONTENT_TYPE
from serving.openapi import problems
from serving.problems import NotReadyError
from serving.schemas import Check, HealthOut, ReadyOut

router = APIRouter(tags=["health"])


@router.get("/healthz", summary="Is the process alive?")
async def healthz() -> HealthOut:
    """Answer as long as the process does; says nothing of what it needs."""
    return HealthOut()


@router.get("/readyz", summary="Can it score?", responses=problems(503))
async def readyz(request: Request, scorer: ScorerDep) -> ReadyOut:
    """Read the online store and look at each model. A problem that does not stop scoring is only told."""
    away = await scorer.features.probe()
    checks = {"features": Check(ok=away is None, detail=away)}
    for slot in scorer.slots.values():
        checks[f"model {slot.name}"] = Check(ok=slot.current is not None, detail=slot.problem)
    # A score that cannot be logged is still answered.
    checks["score log"] = Check(ok=True, detail=scorer.log.problem)
    # Nor does the collector keep anybody from being scored.
    checks["collector"] = Check(ok=True, detail=request.app.state.collector.problem)
    failed = [check.detail or name for name, check in checks.items() if not check.ok]
    if failed:
        extensions = {"checks": {name: check.model_dump() for name, check in checks.items()}}
        raise NotReadyError("not-ready", "; ".join(failed), extensions=extensions)
    return ReadyOut(checks=checks)


@router.get("/metrics", summary="Prometheus metrics", response_class=Response)
async def metrics(found: MetricsDep) -> Response:
    """Answer all metrics in Prometheus' text format."""
    return Response(found.exposition(), media_type=CONTENT_TYPE)
