"""The short way of ``POST /v1/score``: what the route does, without what a framework does around it.

Only a call that is as documented goes this way; every other goes on to the route, which also is what the interface's
description is made from, and says what is wrong.
"""

import time
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.problems import ProblemError
from serving.routes.answer import Answer
from serving.routes.score import score_answer
from serving.schemas import MAX_NAME
from serving.scorer import Scorer
from serving.security import ApiKeys
from serving.token_bucket import TokenBucket

PATH = "/v1/score"
_ROUTE = SimpleNamespace(path=PATH)
_FIELDS = frozenset({"user_id", "model"})


class FastScore:
    """Pure ASGI, inside of what counts, limits and logs calls."""

    def __init__(self, app: ASGIApp, scorer: Scorer, keys: ApiKeys, buckets: Sequence[TokenBucket]) -> None:
        self._app = app
        self._scorer = scorer
        self._keys = keys
        self._buckets = buckets

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a plain call, or hand it on with what was read of it."""
        if scope["type"] != "http" or scope["path"] != PATH or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        key = _key(scope)
        number = None if key is None else self._keys.number(key)
        if number is None:
            await self._app(scope, receive, send)
            return
        start = time.perf_counter()
        message = await receive()
        body = _plain(message)
        # Tokens are taken by whoever answers: the route takes its own.
        if body is None or self._buckets[number].take(1):
            await self._app(scope, _again(message, receive), send)
            return
        scope["route"] = _ROUTE
        request_id: str = scope["state"]["request_id"]
        try:
            scores = await self._scorer.score([body["user_id"]], body.get("model"), request_id)
        except ProblemError as problem:
            await problem.response(request_id)(scope, receive, send)
            return
        await Answer(score_answer(scores, start, request_id))(scope, receive, send)


def _key(scope: Scope) -> str | None:
    """The API key of a JSON call; None where there is none, or it comes in another way."""
    key, is_json = None, False
    for name, value in scope["headers"]:
        if name == b"x-api-key":
            key = value.decode("latin-1")
        elif name == b"content-type":
            is_json = value.partition(b";")[0].strip() == b"application/json"
    return key if is_json else None


def _plain(message: Message) -> dict[str, Any] | None:
    """The body of a call that came in one piece and is as documented; None for any other."""
    if message["type"] != "http.request" or message.get("more_body"):
        return None
    try:
        body = orjson.loads(message["body"])
    except orjson.JSONDecodeError:
        return None
    if not isinstance(body, dict) or not body.keys() <= _FIELDS:
        return None
    user, model = body.get("user_id"), body.get("model")
    fits = isinstance(user, str) and 1 <= len(user) <= MAX_NAME and (model is None or isinstance(model, str))
    return body if fits and len(model or "") <= MAX_NAME else None


def _again(message: Message, receive: Receive) -> Receive:
    """A receive that begins with a message that was taken already."""
    first: list[Message] = [message]

    async def receive_again() -> Message:
        return first.pop() if first else await receive()

    return receive_again
