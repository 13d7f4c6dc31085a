"""The API's description of itself (OpenAPI 3.1) and its pages, which load nothing from elsewhere.

Every operation and every command says in `x-roles` who may use it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import fastapi_offline
from fastapi import FastAPI
from fastapi.openapi.docs import (
    get_redoc_html,
    get_swagger_ui_html,
    get_swagger_ui_oauth2_redirect_html,
)
from fastapi.responses import HTMLResponse, JSONResponse

from roomctl.api import schema
from roomctl.api.descriptions import add_descriptions
from roomctl.api.rights import PublicFiles, Routes, needs
from roomctl.roles import Right, roles_of
from roomctl.room import Room
from roomctl.version import build_info
from roomctl.wire import in_thread

COMMANDS = "/api/v1/commands"

_ASSETS = "/docs-assets"
_OAUTH2 = "/docs/oauth2-redirect"
# Swagger UI and ReDoc start themselves with an inline script.
_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; script-src 'self' 'unsafe-inline'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; worker-src blob:; "
    "frame-ancestors 'none'"
}


def describe(app: FastAPI, room: Room) -> None:
    """Serve the description, made when it is first asked for, and the pages that show it."""
    _complete(app, room)
    routes = Routes()

    @routes.get("/openapi.json", include_in_schema=False)
    @needs(Right.DOCUMENTATION)
    async def description() -> JSONResponse:
        app.version = str(await in_thread(build_info))
        return JSONResponse(app.openapi())

    @routes.get("/docs", include_in_schema=False)
    @needs(Right.DOCUMENTATION)
    async def swagger() -> HTMLResponse:
        page = get_swagger_ui_html(
            openapi_url="/openapi.json",
            title=app.title,
            oauth2_redirect_url=_OAUTH2,
            swagger_js_url=f"{_ASSETS}/swagger-ui-bundle.js",
            swagger_css_url=f"{_ASSETS}/swagger-ui.css",
            swagger_favicon_url=f"{_ASSETS}/favicon.png",
        )
        return _page(page)

    @routes.get(_OAUTH2, include_in_schema=False)
    @needs(Right.DOCUMENTATION)
    async def redirect() -> HTMLResponse:
        return _page(get_swagger_ui_oauth2_redirect_html())

    @routes.get("/redoc", include_in_schema=False)
    @needs(Right.DOCUMENTATION)
    async def redoc() -> HTMLResponse:
        page = get_redoc_html(
            openapi_url="/openapi.json",
            title=app.title,
            redoc_js_url=f"{_ASSETS}/redoc.standalone.js",
            with_google_fonts=False,
            redoc_favicon_url=f"{_ASSETS}/favicon.png",
        )
        return _page(page)

    app.routes.extend(routes.routes)
    static = Path(fastapi_offline.__file__).parent / "static"
    app.mount(_ASSETS, PublicFiles(directory=static))


def _page(page: HTMLResponse) -> HTMLResponse:
    page.headers.update(_HEADERS)
    return page


def _complete(app: FastAPI, room: Room) -> None:
    """Have the commands described, with roles, and what routes only refer to."""
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _completed(plain(), room)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign] # FastAPI's documented way


def _completed(document: dict[str, Any], room: Room) -> dict[str, Any]:
    form, referred = schema.components(room.declared, type(room.document))
    body = document["paths"][COMMANDS]["post"]["requestBody"]
    body["content"]["application/json"]["schema"] = form
    schemas = document["components"]["schemas"] = referred | document["components"]["schemas"]
    rights = {one.name: one.right for one in room.declared}
    for one in schemas.values():
        kind = one.get("properties", {}).get("type", {}).get("const")
        if kind in rights:
            one["x-roles"] = roles_of(rights[kind])
    add_descriptions(document)
    return document
