"""Errors as RFC 9457 problem details (``application/problem+json``)."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

MEDIA_TYPE = "application/problem+json"
_URN = "urn:shopstream:problem:"


class ProblemError(Exception):
    """A call that cannot be answered, with what its caller should know.

    ``code`` names the kind of problem and never changes its meaning; ``detail`` is for people.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        extensions: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.headers = dict(headers or {})
        self.extensions = dict(extensions or {})

    def response(self, request_id: str | None) -> Response:
        """Return the answer that carries this problem."""
        body = {
            **self.extensions,
            "type": f"{_URN}{self.code}",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            "request_id": request_id,
        }
        return Response(orjson.dumps(body), self.status, self.headers, MEDIA_TYPE)


class NotReadyError(ProblemError):
    """Something the scorer needs is away or still loading; the caller may try again."""

    def __init__(self, code: str, detail: str, *, extensions: Mapping[str, Any] | None = None) -> None:
        super().__init__(503, code, detail, headers={"Retry-After": "1"}, extensions=extensions)


def _request_id(request: Request) -> str | None:
    return getattr(request.state, "request_id", None)


async def _on_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)  # noqa: S101 - registered for this type only
    return error.response(_request_id(request))


async def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this type only
    code = HTTPStatus(error.status_code).phrase.lower().replace(" ", "-")
    problem = ProblemError(error.status_code, code, str(error.detail), headers=error.headers)
    return problem.response(_request_id(request))


async def _on_invalid_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this type only
    # The rejected input is not repeated: it may be personal.
    errors = [
        {"pointer": "/" + "/".join(str(part) for part in found["loc"]), "detail": found["msg"]}
        for found in error.errors()
    ]
    problem = ProblemError(
        422, "invalid-request", "The request is not as documented; see errors.", extensions={"errors": errors}
    )
    return problem.response(_request_id(request))


def install(app: FastAPI) -> None:
    """Make every error that a route raises a problem; the middleware answers for what nobody foresaw."""
    app.add_exception_handler(ProblemError, _on_problem)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
