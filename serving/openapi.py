"""The OpenAPI document: problems where FastAPI would put its own errors."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from serving.problems import MEDIA_TYPE
from serving.schemas import Problem

_SCHEMA = {"$ref": "#/components/schemas/Problem"}
_MEANINGS = {
    400: "The body is not JSON, or holds no valid event; error_code and refused say why",
    401: "No key, or one that is not accepted",
    404: "A model this scorer does not serve",
    413: "The body is too long: of the collector 32 KB a message and 500 KB a batch, else 1 MB",
    415: "A content type or encoding that is not read",
    422: "The request is not as documented",
    429: "Too many calls of this key, or too many events; try again after Retry-After seconds",
    503: "Something needed for the answer is away, with the reason; try again after Retry-After seconds",
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the ``responses`` of a route that may answer these problems."""
    return {
        status: {"description": _MEANINGS[status], "content": {MEDIA_TYPE: {"schema": _SCHEMA}}} for status in statuses
    }


def install(app: FastAPI) -> None:
    """Describe problems once in the app's document, and drop FastAPI's unused error schemas."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = get_openapi(
                title=app.title,
                version=app.version,
                summary=app.summary,
                description=app.description,
                routes=app.routes,
                tags=app.openapi_tags,
            )
            schemas = schema["components"]["schemas"]
            problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas |= problem.pop("$defs", {})
            schemas["Problem"] = problem
            for unused in ("HTTPValidationError", "ValidationError"):
                schemas.pop(unused, None)
            app.openapi_schema = schema
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign] # FastAPI documents this very assignment
