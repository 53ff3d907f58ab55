"""How much at once: calls under way, and bytes of a body. Pure ASGI, before any other work is done."""

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.problems import NotReadyError, ProblemError

_GUARDED = "/v1/"
_COLLECTOR = frozenset({"/v1/track", "/v1/page", "/v1/identify", "/v1/batch"})
"""These have limits of their own, told in the terms of their protocol."""


class Limits:
    """Answers 503 above ``at_once`` calls under way, and 413 above ``body_bytes``; neither waits for anything.

    A queue would only make every call slow: who is turned away knows it at once, and may ask another scorer.
    """

    def __init__(self, app: ASGIApp, at_once: int, body_bytes: int) -> None:
        self._app = app
        self._at_once = at_once
        self._body_bytes = body_bytes
        self._under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one call of the API; anything else passes untouched."""
        path = scope.get("path", "")
        if scope["type"] != "http" or not path.startswith(_GUARDED) or path in _COLLECTOR:
            await self._app(scope, receive, send)
            return
        length = Headers(scope=scope).get("content-length", "0")
        if length.isdecimal() and int(length) > self._body_bytes:
            await self._refuse(self._too_large(), scope, receive, send)
        elif self._under_way >= self._at_once:
            detail = f"{self._at_once} calls are under way already."
            await self._refuse(NotReadyError("busy", detail), scope, receive, send)
        else:
            self._under_way += 1
            try:
                await self._bounded(scope, receive, send)
            finally:
                self._under_way -= 1

    async def _bounded(self, scope: Scope, receive: Receive, send: Send) -> None:
        received, begun = 0, False

        async def counting() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._body_bytes:
                # To whoever reads it the body is cut off; what it makes of that is not sent.
                return {"type": "http.disconnect"}
            return message

        async def sending(message: Message) -> None:
            nonlocal begun
            if begun or received <= self._body_bytes:
                begun = True
                await send(message)

        try:
            await self._app(scope, counting, sending)
        except ClientDisconnect:
            if received <= self._body_bytes:
                raise
        if received > self._body_bytes and not begun:
            await self._refuse(self._too_large(), scope, receive, send)

    def _too_large(self) -> ProblemError:
        return ProblemError(413, "too-large", f"A body may have {self._body_bytes} bytes.")

    @staticmethod
    async def _refuse(problem: ProblemError, scope: Scope, receive: Receive, send: Send) -> None:
        await problem.response(scope.get("state", {}).get("request_id"))(scope, receive, send)
