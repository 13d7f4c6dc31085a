"""The API's description of itself (OpenAPI 3.1), said more exactly than FastAPI does by itself."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

from roomctl.api.problem import MEDIA_TYPE


def describe_problems(app: FastAPI) -> None:
    """Have every error described in the media type that it is answered in."""
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _mended(plain())
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign] # FastAPI's documented way


def _mended(document: dict[str, Any]) -> dict[str, Any]:
    for operations in document["paths"].values():
        for operation in operations.values():
            for answer in operation["responses"].values():
                content = answer.get("content", {})
                if MEDIA_TYPE in content:
                    content[MEDIA_TYPE] = content.pop("application/json")
    return document
