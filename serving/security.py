"""Who may call: API and write keys, kept as digests and compared in constant time."""

import hashlib
import hmac
import math
from collections.abc import Iterable, Sequence
from typing import Annotated

from fastapi import Request, Security
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer

from ingestion.errors import ShopstreamError
from serving.problems import ProblemError
from serving.token_bucket import TokenBucket

_DIGEST_PREFIX = "sha256:"

_header = APIKeyHeader(name="X-API-Key", scheme_name="ApiKey", auto_error=False)
_bearer = HTTPBearer(scheme_name="Bearer", auto_error=False, description="The API key as a bearer token")


class ApiKeys:
    """Accepted keys; several at a time let one be replaced without a pause."""

    def __init__(self, keys: Iterable[str], variable: str = "SHOPSTREAM_API_KEYS") -> None:
        """Take keys in clear or as ``sha256:<hex>``, from this variable.

        Raises ShopstreamError for a malformed digest.
        """
        self._digests = tuple(self._digest(key, variable) for key in keys)

    def __len__(self) -> int:
        return len(self._digests)

    @staticmethod
    def _digest(key: str, variable: str) -> bytes:
        if not key.startswith(_DIGEST_PREFIX):
            return hashlib.sha256(key.encode()).digest()
        try:
            digest = bytes.fromhex(key.removeprefix(_DIGEST_PREFIX))
        except ValueError:
            digest = b""
        if len(digest) != hashlib.sha256().digest_size:
            raise ShopstreamError(f"{variable}: write a hashed key as sha256: and 64 hex digits.")
        return digest

    def accepts(self, key: str) -> bool:
        """Say whether ``key`` is one of them; the time taken does not tell how near it was."""
        return self.number(key) is not None

    def number(self, key: str) -> int | None:
        """Return which of them ``key`` is, counted from 0, or None."""
        # Half a surrogate pair is no text that a key could hold, and has no UTF-8.
        digest = hashlib.sha256(key.encode(errors="replace")).digest()
        found = None
        for number, known in enumerate(self._digests):
            if hmac.compare_digest(known, digest):
                found = number
        return found


async def require_api_key(
    request: Request,
    header: Annotated[str | None, Security(_header)],
    bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
) -> None:
    """Refuse a call without an accepted key, 401, and one above the key's rate, 429; both as problems."""
    key = header or (bearer.credentials if bearer else None)
    keys: ApiKeys = request.app.state.api_keys
    number = None if key is None else keys.number(key)
    if number is None:
        detail = "Send an API key in the X-API-Key header." if key is None else "This API key is not accepted."
        raise ProblemError(401, "unauthorized", detail, headers={"WWW-Authenticate": "Bearer"})
    buckets: Sequence[TokenBucket] = request.app.state.api_buckets
    if wait := buckets[number].take(1):
        seconds = str(math.ceil(wait))
        detail = f"This key has made too many calls; call again in {seconds} s."
        raise ProblemError(429, "rate-limited", detail, headers={"Retry-After": seconds})
