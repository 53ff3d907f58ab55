"""CORS for the calls that a browser's page makes: only pages of listed origins may make them."""

from collections.abc import Iterable

from starlette.datastructures import MutableHeaders

# Chromium keeps the answer to a preflight for two hours at most.
_PREFLIGHT_SECONDS = 7200


class Cors:
    """The origins that may call; ``*`` lists all."""

    def __init__(self, origins: Iterable[str]) -> None:
        self._origins = frozenset(origins)

    def allows(self, origin: str | None) -> bool:
        """Say whether a page of this origin may call."""
        return origin is not None and ("*" in self._origins or origin.lower() in self._origins)

    def share(self, headers: MutableHeaders, origin: str | None) -> None:
        """Let a page of this origin read the answer with these headers, if it may call."""
        headers.add_vary_header("Origin")
        if origin is not None and self.allows(origin):
            headers["Access-Control-Allow-Origin"] = origin
            headers["Access-Control-Expose-Headers"] = "Retry-After, X-Request-ID"

    @staticmethod
    def permit(headers: MutableHeaders) -> None:
        """Say in the answer to a preflight what a call may send."""
        headers["Access-Control-Allow-Methods"] = "POST"
        headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type"
        headers["Access-Control-Max-Age"] = str(_PREFLIGHT_SECONDS)
