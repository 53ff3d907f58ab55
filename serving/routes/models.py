"""What serves, and the swap to a new champion."""

import asyncio

from fastapi import APIRouter, Security

from serving.dependencies import ScorerDep
from serving.openapi import problems
from serving.routes.answer import version_out
from serving.schemas import ModelOut, ModelsOut, ModelVersionOut
from serving.scorer import Scorer
from serving.security import require_api_key

router = APIRouter(
    prefix="/v1/models",
    tags=["models"],
    dependencies=[Security(require_api_key)],
    responses=problems(401, 413, 429, 503),
)


def _models(scorer: Scorer) -> ModelsOut:
    models = []
    for slot in scorer.slots.values():
        model = slot.current
        serving = None if model is None else ModelVersionOut(**version_out(model.version))
        models.append(ModelOut(name=slot.name, serving=serving, problem=slot.problem))
    return ModelsOut(models=models)


@router.get("", summary="List what serves")
async def models(scorer: ScorerDep) -> ModelsOut:
    """Answer each model, the version that serves and what is wrong with a newer one, if anything."""
    return _models(scorer)


@router.post("/reload", summary="Take over a new champion now")
async def reload(scorer: ScorerDep) -> ModelsOut:
    """Look at the registry at once, also at a version refused before; calls under way are not disturbed."""
    for slot in scorer.slots.values():
        await asyncio.to_thread(slot.refresh, retry_refused=True)
    return _models(scorer)
