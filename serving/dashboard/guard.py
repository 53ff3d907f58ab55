"""Who may see the dashboard: whoever signs in with an API key; on a local stack with the default key, everybody."""

import hashlib
from collections.abc import Sequence
from http.cookies import SimpleCookie
from urllib.parse import parse_qs

from itsdangerous import BadSignature, TimestampSigner
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from serving.security import ApiKeys

PATH = "/dashboard"
LOGIN = f"{PATH}/login"
COOKIE = "shopstream_dashboard"
SECONDS = 12 * 3600
_FORM_BYTES = 4096
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>shopstream</title><style>
body{{font:1rem system-ui,sans-serif;display:grid;place-items:center;min-height:100vh;margin:0;background:#f4f5f7}}
form{{background:#fff;padding:2rem;border-radius:12px;display:grid;gap:1rem;width:min(20rem,90vw)}}
input,button{{font:inherit;padding:.6rem;border-radius:8px;border:1px solid #8a94a6}}
button{{background:#1d4ed8;color:#fff;border:0}}p{{color:#b91c1c;margin:0}}
@media (prefers-color-scheme:dark){{body{{background:#0f172a;color:#e2e8f0}}form{{background:#1e293b}}
input{{background:#0f172a;color:inherit}}p{{color:#fca5a5}}}}
</style></head><body><form method="post" action="{action}">
<h1 style="font-size:1.25rem;margin:0">shopstream</h1>{problem}
<label for="key">API key</label>
<input id="key" name="key" type="password" autocomplete="current-password" autofocus required>
<button>Sign in</button></form></body></html>"""


class DashboardGuard:
    """Pure ASGI, so that web sockets are guarded too; calls outside the dashboard pass untouched."""

    def __init__(self, app: ASGIApp, keys: ApiKeys, accepted: Sequence[str], open_to_all: bool) -> None:
        """``accepted`` are the keys as configured: with another set of them nobody is signed in any more."""
        self._app = app
        self._keys = keys
        self._open = open_to_all
        self._signer = TimestampSigner(hashlib.sha256("\n".join(("dashboard", *sorted(accepted))).encode()).digest())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the sign-in page, or let a call through that may pass."""
        path = scope.get("path", "")
        if scope["type"] not in ("http", "websocket") or not (path == PATH or path.startswith(f"{PATH}/")):
            await self._app(scope, receive, send)
        elif scope["type"] == "http" and path == LOGIN:
            await (await self._sign_in(Request(scope, receive)))(scope, receive, send)
        elif self._open or self._is_signed_in(scope):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 4401})
        else:
            await RedirectResponse(LOGIN, 303)(scope, receive, send)

    def _is_signed_in(self, scope: Scope) -> bool:
        header = b"; ".join(value for name, value in scope["headers"] if name == b"cookie").decode("latin-1")
        cookie = SimpleCookie(header).get(COOKIE)
        try:
            return cookie is not None and self._signer.unsign(cookie.value, max_age=SECONDS) == b"signed in"
        except BadSignature:
            return False

    async def _sign_in(self, request: Request) -> Response:
        if request.method != "POST":
            return _page()
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > _FORM_BYTES:
                return _page("That is no API key.", 413)
        key = parse_qs(body.decode(errors="replace")).get("key", [""])[0]
        if not self._keys.accepts(key):
            return _page("This API key is not accepted.", 401)
        answer = RedirectResponse(f"{PATH}/", 303)
        answer.set_cookie(
            COOKIE,
            self._signer.sign("signed in").decode(),
            max_age=SECONDS,
            path=PATH,
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )
        return answer


def _page(problem: str = "", status: int = 200) -> HTMLResponse:
    text = _PAGE.format(action=LOGIN, problem=f'<p role="alert">{problem}</p>' if problem else "")
    headers = {"X-Frame-Options": "DENY", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return HTMLResponse(text, status, headers)
