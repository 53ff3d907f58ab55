"""The tracker for pages, as a script."""

import hashlib
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import Response

_SCRIPT = (Path(__file__).parents[1] / "static" / "tracker.js").read_bytes()
_HEADERS = {
    # Pages pick a new version up within the hour; until then no visitor asks for it twice.
    "Cache-Control": "public, max-age=3600",
    "ETag": f'"{hashlib.sha256(_SCRIPT).hexdigest()[:32]}"',
    # It holds nothing secret, and shops that isolate their pages may load it too.
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
}

router = APIRouter(tags=["collector"])


@router.get("/tracker.js", summary="The tracker for pages", response_class=Response)
async def tracker_js(request: Request) -> Response:
    """Answer the script, or 304 when the browser has it already."""
    known = request.headers.get("if-none-match", "")
    if _HEADERS["ETag"] in {tag.strip().removeprefix("W/") for tag in known.split(",")}:
        return Response(status_code=304, headers=_HEADERS)
    return Response(_SCRIPT, headers=_HEADERS, media_type="text/javascript")
