"""A call to the collector: who sends it, and what it holds."""

import base64
import binascii
from datetime import UTC, datetime
from typing import Any

from fastapi import Request
from starlette.requests import ClientDisconnect

from ingestion.collector import body
from ingestion.collector.receipt import Receipt
from ingestion.verdict import Rejection
from serving.client_address import ClientAddress
from serving.collector import Collector
from serving.problems import ProblemError

# sendBeacon sends plain text, because JSON would need a preflight, which a page that is left cannot wait for.
MEDIA_TYPES = frozenset({"", "application/json", "text/plain"})


async def _read(request: Request, call: str) -> dict[str, Any]:
    """Return the decoded body. Raises ProblemError 413, 415 or 400."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if media_type not in MEDIA_TYPES or encoding not in ("identity", "gzip"):
        raise ProblemError(
            415, "unsupported-media-type", "Send JSON as application/json or text/plain, as it is or with gzip."
        )
    limit = body.limit_of(call)
    too_large = ProblemError(413, "too-large", f"The body of /v1/{call} may have {limit} bytes.")
    if int(request.headers.get("content-length", "0")) > limit:
        raise too_large
    received = bytearray()
    try:
        async for chunk in request.stream():
            received += chunk
            if len(received) > limit:
                raise too_large
    except ClientDisconnect as gone:
        raise ProblemError(400, "cut-off", "The body ended before its time.") from gone
    plain = body.inflate(bytes(received), limit) if encoding == "gzip" else bytes(received)
    document = plain if isinstance(plain, Rejection) else body.decode(plain)
    if isinstance(document, Rejection):
        if document.error_code == "too_large":
            raise too_large
        raise ProblemError(400, "malformed", document.message)
    return document


def _basic_user(request: Request) -> str | None:
    """Return the user name of HTTP Basic auth; None without any such header, empty for a broken one."""
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(credentials, validate=True).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return ""


async def open_call(request: Request, call: str) -> tuple[int, dict[str, Any], Receipt]:
    """Return the write key's number, the body and the receipt. Raises ProblemError."""
    collector: Collector = request.app.state.collector
    address: ClientAddress = request.app.state.client_address
    received_at = datetime.now(UTC)
    user = _basic_user(request)
    # A wrong key is refused before its body is read.
    key = None if user is None else collector.authenticate(user)
    document = await _read(request, call)
    if key is None:
        key = collector.authenticate(document.get("writeKey"))
    context = document.get("context") if call == "batch" else None
    if not isinstance(context, dict | None):
        raise ProblemError(400, "malformed", "context must be a JSON object.")
    receipt = Receipt(
        received_at,
        address.of(request.client.host if request.client else None, request.headers.get("x-forwarded-for")),
        request.headers.get("user-agent"),
        document.get("sentAt"),
        context or {},
    )
    return key, document, receipt
