"""A route says which right it needs, or the app is not built. Knows no room and no secret.

The guard says who asks, by every token and cookie that came along; a route takes the first who has
its right. Whoever has none is nobody (401), whoever has another one may not (403).
"""

from __future__ import annotations

import contextlib
import functools
import json
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any, TypeVar

from fastapi import APIRouter, Request, Security, WebSocket
from fastapi.responses import Response
from fastapi.routing import APIRoute, APIWebSocketRoute
from fastapi.security import HTTPBearer
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.routing import BaseRoute, Mount, compile_path, get_name
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from roomctl.errors import RoomctlError
from roomctl.roles import Denial, Right, Role, denied, has, roles_of
from roomctl.room import Source
from roomctl.room.commands import failure

UNAUTHORIZED = 4401  # why a socket ends (RFC 6455: 4000-4999 are ours)
NOBODY = "a token is needed: Authorization: Bearer TOKEN, or open a pairing link"

_READING = ("GET", "HEAD", "OPTIONS")
NOTED_ELSEWHERE = {
    Right.FOLLOW,  # commands, by the room
    Right.REPORT,  # a sensor's reports: what it sees is in the history
    Right.SIMULATION,
}
"""Rights of writes that are not noted for the audit here."""

# Tells /docs to ask for a token; it has been looked at before.
_TOKEN = Security(
    HTTPBearer(auto_error=False, description="an API token; panels have a cookie instead")
)

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])


class Denied(Exception):
    """Whoever asks has not the right; None: it is nobody that we know."""

    def __init__(self, denial: Denial | None) -> None:
        super().__init__(denial.why if denial else NOBODY)
        self.denial = denial


def needs(right: Right) -> Callable[[Endpoint], Endpoint]:
    """Declare the right that a route needs; under the decorator that makes the route."""

    def declared(endpoint: Endpoint) -> Endpoint:
        setattr(endpoint, _MARK, right)
        return endpoint

    return declared


_MARK = "needed_right"


def _right_of(path: str, endpoint: object) -> Right:
    right = getattr(endpoint, _MARK, None)
    if not isinstance(right, Right):
        raise TypeError(f"{path}: the route does not say which right it needs; add @needs(...)")
    return right


class RightRoute(APIRoute):
    """A route that looks at who asks before it reads what is asked.

    Until it is asked, or described, it has only what a router looks at: FastAPI takes 0.4 ms to
    read one endpoint's signature and make its models, and a room has ninety, of which few are used.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:  # noqa: ANN401 - FastAPI's
        self.right = _right_of(path, endpoint)
        options["openapi_extra"] = {
            **(options.get("openapi_extra") or {}),
            "x-roles": roles_of(self.right),
        }
        if self.right is not Right.PUBLIC:
            options["dependencies"] = [*(options.get("dependencies") or ()), _TOKEN]
        self.path, self.endpoint = path, endpoint
        self.path_regex, self.path_format, self.param_convertors = compile_path(path)
        self.methods = {one.upper() for one in options.get("methods") or ("GET",)}
        self.name = options.get("name") or get_name(endpoint)
        self.include_in_schema = options.get("include_in_schema", True)
        self._options = options

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - FastAPI's
        """Build the rest when something of it is first looked at."""
        options = self.__dict__.pop("_options", None)
        if options is None:
            raise AttributeError(name)
        super().__init__(self.path, self.endpoint, **options)
        return getattr(self, name)

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override] # FastAPI: Coroutine
        # _TOKEN is for /docs: at a request the guard has looked at the token already.
        described = self.dependant
        asked = [one for one in described.dependencies if one.call is not _TOKEN.dependency]
        self.dependant = replace(described, dependencies=asked)
        handle = super().get_route_handler()
        self.dependant = described

        async def permitted(request: Request) -> Response:
            try:
                request.state.source = chosen(self.right, request.state.callers)
            except Denied as refused:
                _note_denied(request, f"{request.method} {self.path}", refused)
                raise
            request.state.known_path = True
            if request.method in _READING or self.right in NOTED_ELSEWHERE:
                return await handle(request)
            return await _noted(request, f"{request.method} {self.path}", handle)

        return permitted


async def _noted(
    request: Request, what: str, handle: Callable[[Request], Awaitable[Response]]
) -> Response:
    """Do what is asked, and note for the audit what became of it; what makes no sense is not.

    What was changed is on the disk, in the audit, before it is answered.
    """
    result = "done"
    try:
        response = await handle(request)
    except RoomctlError as error:
        status, why = failure(error)
        result = f"{status}: {why.code}"
        raise
    except HTTPException as error:
        result = "" if error.status_code == 400 else f"refused: {error.status_code}"
        raise
    except Exception:
        result = ""
        raise
    finally:
        if result:
            source, given = _who(request, request.state.source), await _given(request)
            if result.startswith("refused"):
                request.app.state.note(source, what, given, result)
            else:
                await request.app.state.note_durably(source, what, given, result)
    return response


async def _given(request: Request) -> dict[str, Any]:
    """Return what was asked, by name; the body has been read before, unless it is no JSON.

    `request.state.told`: what a route says that it was asked in another way.
    """
    body: Any = {}
    if not hasattr(request.state, "told"):
        with contextlib.suppress(ValueError, RecursionError):
            body = json.loads(await request.body() or b"{}")
    else:
        body = request.state.told
    return {**(body if isinstance(body, dict) else {}), **request.path_params}


def _note_denied(request: HTTPConnection, what: str, refused: Denied) -> None:
    """Note for the audit who may not; nothing of what was asked, which nobody has looked at."""
    code = refused.denial.code if refused.denial else "unauthorized"
    known = next(iter(request.state.callers), None)
    request.app.state.note(_who(request, known), what, {}, f"refused: {code}")


def _who(request: HTTPConnection, known: Source | None) -> Source:
    address = request.client.host if request.client else ""
    return replace(known or Source("nobody", "nobody"), address=address)


class RightSocketRoute(APIWebSocketRoute):
    """A socket that is closed again if whoever opens it may not."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:  # noqa: ANN401 - FastAPI's
        self.right = right = _right_of(path, endpoint)

        @functools.wraps(endpoint)
        async def permitted(socket: WebSocket) -> None:
            await socket.accept()
            try:
                socket.state.source = chosen(right, socket.state.callers)
            except Denied as refused:
                _note_denied(socket, f"WS {path}", refused)
                code = refused.denial.code if refused.denial else "unauthorized"
                await socket.close(UNAUTHORIZED, code)
                return
            await endpoint(socket)

        super().__init__(path, permitted, **options)


class Routes(APIRouter):
    """A router that takes no route without its right."""

    def __init__(self) -> None:
        super().__init__(route_class=RightRoute)

    def add_api_websocket_route(
        self,
        path: str,
        endpoint: Callable[..., Any],
        name: str | None = None,
        **options: Any,  # noqa: ANN401 - FastAPI's
    ) -> None:
        """Add a socket that says which right it needs."""
        self.routes.append(RightSocketRoute(path, endpoint, name=name, **options))


class PublicFiles(StaticFiles):
    """Files that everybody may have."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("state", {})["known_path"] = True
        await super().__call__(scope, receive, send)


def chosen(right: Right, callers: Iterable[Source]) -> Source | None:
    """Return the first who has a right; None if everybody has it. Denied if nobody of them has.

    A right that a role has in some cases only is the room's to judge.
    """
    if right is Right.PUBLIC:
        return None
    known = list(callers)
    for source in known:
        if may(right, (source,)):
            return source
    if not known:
        raise Denied(None)
    first = known[0]
    why = denied(right, first.role, empty=False, phone_may_unmute=False, named=first.rights)
    raise Denied(why)


def may(right: Right, callers: Iterable[Source]) -> bool:
    """Whether one of `callers` has a right in every case."""
    return any(has(right, Role(source.role), source.rights) for source in callers)


def demand_rights(routes: Iterable[BaseRoute]) -> None:
    """Raise TypeError for a route that does not say which right it needs."""
    for path, route in leaves(routes):
        public = isinstance(route, Mount) and isinstance(route.app, PublicFiles)
        if not public and not isinstance(route, RightRoute | RightSocketRoute):
            raise TypeError(f"{path}: a {type(route).__name__} says no right; see api.rights")


def leaves(routes: Iterable[BaseRoute]) -> Iterator[tuple[str, BaseRoute]]:
    """Yield every route with its path, those of included routers, too."""
    for route in routes:
        # FastAPI keeps included routers whole.
        inner = None if isinstance(route, RightRoute) else getattr(route, "original_router", None)
        if inner is not None:
            yield from leaves(inner.routes)
        else:
            yield getattr(route, "path", "?"), route
