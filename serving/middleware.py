"""Around every call: a request id in and out, one access-log line, metrics, a problem for the unforeseen."""

import re
import time
import uuid

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.logs import LOGGER
from serving.metrics import Metrics
from serving.problems import ProblemError

HEADER = "X-Request-ID"
_ACCEPTED_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
# Health checks, scrapes and a page's many files come so often that they would drown the calls.
_DASHBOARD = "/dashboard"
_QUIET = frozenset({"/healthz", "/readyz", "/metrics", _DASHBOARD})


class RequestContext:
    """Pure ASGI: Starlette's function middleware costs a task and a stream for each call."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one call; anything but HTTP passes untouched."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start = time.perf_counter()
        given = Headers(scope=scope).get(HEADER, "")
        request_id = given if _ACCEPTED_ID.fullmatch(given) else uuid.uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        status = 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers[HEADER] = request_id
                headers["X-Content-Type-Options"] = "nosniff"
                headers["Referrer-Policy"] = "no-referrer"
                headers["X-Frame-Options"] = "DENY"
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        except Exception:  # the last place that can turn a fault into an answer; it is logged, not hidden
            LOGGER.exception("unforeseen error", extra={"request_id": request_id})
            if status:
                raise
            problem = ProblemError(500, "internal-error", "Unforeseen error; the log has it by request id.")
            await problem.response(request_id)(scope, receive, send_with_id)
        finally:
            self._record(scope, status, request_id, time.perf_counter() - start)

    def _record(self, scope: Scope, status: int, request_id: str, seconds: float) -> None:
        # The route's template, not the path: a path may hold a user id, and would make labels without end.
        route = getattr(scope.get("route"), "path", "unmatched")
        if scope["path"].startswith(_DASHBOARD):
            route = _DASHBOARD
        self._metrics.requests.labels(scope["method"], route, str(status)).inc()
        self._metrics.request_seconds.labels(route).observe(seconds)
        if route not in _QUIET:
            LOGGER.info(
                "call",
                extra={
                    "request_id": request_id,
                    "method": scope["method"],
                    "route": route,
                    "status": status,
                    "ms": round(seconds * 1000, 3),
                },
            )
