"""The collector's calls: Segment's HTTP tracking API, and the tracker for pages that speaks it."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from fastapi.routing import APIRoute

from ingestion.collector.names import CALLS
from serving.collector import Collector
from serving.collector_call import MEDIA_TYPES, open_call
from serving.cors import Cors
from serving.openapi import problems
from serving.problems import ProblemError
from serving.routes.answer import Answer
from serving.schemas import BatchCollectedOut, CollectedOut


class CollectorRoute(APIRoute):
    """Lets pages of the listed origins read every answer, errors too, and counts the calls refused."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler with that around it."""
        handle = super().get_route_handler()

        async def shared(request: Request) -> Response:
            try:
                response = await handle(request)
            except ProblemError as problem:
                reason = problem.code.replace("-", "_")
                request.app.state.metrics.collector_calls_refused.labels(reason).inc()
                response = problem.response(request.state.request_id)
            cors: Cors = request.app.state.cors
            cors.share(response.headers, request.headers.get("origin"))
            return response

        return shared


router = APIRouter(
    prefix="/v1", tags=["collector"], route_class=CollectorRoute, responses=problems(400, 401, 413, 415, 429, 503)
)


async def _preflight(request: Request) -> Response:
    cors: Cors = request.app.state.cors
    if not cors.allows(request.headers.get("origin")):
        raise ProblemError(403, "origin-not-listed", "SHOPSTREAM_COLLECTOR_ORIGINS does not list this origin.")
    answer = Response(status_code=204)
    cors.permit(answer.headers)
    return answer


def _body(name: str, required: list[str], properties: dict[str, Any], example: dict[str, Any]) -> dict[str, Any]:
    schema = {"title": name, "type": "object", "required": required, "properties": properties, "example": example}
    media = {media_type: {"schema": schema} for media_type in sorted(MEDIA_TYPES) if media_type}
    return {"requestBody": {"required": True, "content": media}}


_TEXT, _OBJECT = {"type": "string"}, {"type": "object"}
_MESSAGE = {
    **dict.fromkeys(("userId", "anonymousId", "messageId", "timestamp", "originalTimestamp", "sentAt"), _TEXT),
    **dict.fromkeys(("writeKey", "event", "name", "category"), _TEXT),
    **dict.fromkeys(("properties", "traits", "context"), _OBJECT),
}
_EXAMPLES: dict[str, dict[str, Any]] = {
    "track": {"event": "Product Added", "properties": {"product_id": "p1", "price": 9.99, "quantity": 1}},
    "page": {"properties": {"path": "/shoes"}},
    "screen": {"name": "Shoes"},
    "identify": {"traits": {"plan": "gold"}},
}


def _add(call: str) -> None:
    async def collect_one(request: Request) -> Answer:
        key, document, receipt = await open_call(request, call)
        collector: Collector = request.app.state.collector
        outcome = await collector.collect(key, [document], receipt, call)
        if outcome.refused:
            found = outcome.refused[0]
            status = 413 if found.error_code == "too_large" else 400
            raise ProblemError(status, "invalid-event", found.message, extensions={"error_code": found.error_code})
        return Answer({"success": True, "messageId": outcome.accepted[0].event.event_id})

    collect_one.__doc__ = f"Answer 200 once Kafka has the `{CALLS[call] or 'event'}`; at most 32 KB."
    example = {"userId": "user_12345", "messageId": "m-1", **_EXAMPLES[call], "writeKey": "local-write-key"}
    required = ["event"] if call == "track" else []
    router.add_api_route(
        f"/{call}",
        collect_one,
        methods=["POST"],
        response_model=CollectedOut,
        summary=f"Collect one {call}",
        openapi_extra=_body(f"{call.title()}Message", required, _MESSAGE, example),
    )


for _call in CALLS:
    _add(_call)


@router.post(
    "/batch",
    response_model=BatchCollectedOut,
    summary="Collect many messages",
    openapi_extra=_body(
        "Batch",
        ["batch"],
        {"batch": {"type": "array", "items": _OBJECT}, "context": _OBJECT, "sentAt": _TEXT, "writeKey": _TEXT},
        {
            "batch": [{"type": "track", "userId": "user_12345", "messageId": "m-1", **_EXAMPLES["track"]}],
            "writeKey": "local-write-key",
        },
    ),
)
async def collect_batch(request: Request) -> Answer:
    """Answer 200 once Kafka has every good event; the others are listed, by index. At most 500 KB."""
    key, document, receipt = await open_call(request, "batch")
    messages = document.get("batch")
    if not isinstance(messages, list):
        raise ProblemError(400, "malformed", "batch must be a list of messages.")
    collector: Collector = request.app.state.collector
    outcome = await collector.collect(key, messages, receipt, None)
    refused = [
        {"index": index, "error_code": found.error_code, "detail": found.message}
        for index, found in outcome.refused.items()
    ]
    if refused and not outcome.accepted:
        raise ProblemError(400, "invalid-events", "No message is a valid event.", extensions={"refused": refused})
    accepted = iter(outcome.accepted)
    ids = [None if index in outcome.refused else next(accepted).event.event_id for index in range(len(messages))]
    return Answer({"success": True, "accepted": len(outcome.accepted), "messageIds": ids, "refused": refused})


for _call in (*CALLS, "batch"):
    router.add_api_route(f"/{_call}", _preflight, methods=["OPTIONS"], include_in_schema=False)
