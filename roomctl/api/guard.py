"""The one door of the web server: which hosts it answers to, who may pass, how much fits.

Deny by default: a path that is not named public needs a token or a session. Pure ASGI; knows no
room and no routes.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from roomctl.api.auth import Role, Tokens
from roomctl.api.problem import problem
from roomctl.room import Source

LARGEST_BODY = 64 * 1024

PUBLIC = ("/", "/screen", "/far-side", "/favicon.ico", "/healthz", "/readyz", "/api/v1/pair")
PUBLIC_BELOW = ("/ui/", "/docs-assets/")
FOR_THE_SCREEN = ("/api/v1/room", "/api/v1/live", "/api/v1/phone")
FOR_PROGRAMS = ("/api/v1/pairings", "/api/v1/settings", "/api/v1/use")  # no panel makes more panels
DOCS = ("/docs", "/redoc")

CSP = (
    "default-src 'self'; img-src 'self' blob: data:; connect-src 'self'; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
# Swagger UI and ReDoc start themselves with an inline script.
DOCS_CSP = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; worker-src blob:; frame-ancestors 'none'"
)


@dataclass(frozen=True, slots=True)
class _Refusal:
    status: int
    code: str
    why: str


_HOST = _Refusal(421, "host", "this name is not this room's; add it to hosts in [api]")
_ORIGIN = _Refusal(403, "origin", "requests from other sites are refused")
_TOKEN = _Refusal(
    401, "unauthorized", "a token is needed: Authorization: Bearer TOKEN, or open a pairing link"
)
_LENGTH = _Refusal(400, "content_length", "the Content-Length is no number")
_TOO_LARGE = _Refusal(413, "too_large", f"the body is larger than {LARGEST_BODY} bytes")
_NOT_JSON = _Refusal(415, "not_json", "a body must have the Content-Type application/json")


class Guard:
    """ASGI middleware: Host allowlist, Origin check, authentication, body limit, headers."""

    def __init__(self, app: ASGIApp, tokens: Tokens, hosts: Iterable[str], cookie: str) -> None:
        self._app, self._tokens, self._cookie = app, tokens, cookie
        name = socket.gethostname().lower()
        self._hosts = {"localhost", name, f"{name}.local", *(host.lower() for host in hosts)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        path: str = scope["path"]
        writes = scope["type"] == "websocket" or scope["method"] not in ("GET", "HEAD", "OPTIONS")
        source, by_cookie = self._who(headers, path)
        refusal = self._door(headers, path, writes, source, by_cookie)
        if refusal is None and scope["type"] == "http" and writes:
            refusal = _unfit(headers)
        if refusal is not None:
            await _refuse(scope, receive, _with_headers(send, path), refusal)
            return
        state = scope.setdefault("state", {})
        state["source"] = source
        state["allowed"] = lambda: self._who(headers, path)[0] is not None  # a visit may end
        receive = _limited(receive) if writes else receive
        await self._app(scope, receive, _with_headers(send, path))

    def _door(
        self, headers: Headers, path: str, writes: bool, source: Source | None, by_cookie: bool
    ) -> _Refusal | None:
        """Return why this one may not pass, or None."""
        if not self._answers_to(headers.get("host", "")):
            return _HOST
        # Browsers send a cookie along with what another site, or another port, has them ask.
        if (writes or by_cookie) and not _own_origin(headers, required=writes and by_cookie):
            return _ORIGIN
        if source is None and not _public(path):
            return _TOKEN
        return None

    def _answers_to(self, host: str) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname or ""
            if name in self._hosts:
                return True
            ipaddress.ip_address(name)  # a rebinding attack needs a name
        except ValueError:
            return False
        return True

    def _who(self, headers: Headers, path: str) -> tuple[Source | None, bool]:
        if headers.get("authorization") is not None:
            return self._tokens.bearer(headers.get("authorization")), False
        cookies = cookie_parser(headers.get("cookie", ""))
        for role in _roles(path):
            secret = cookies.get(cookie_name(self._cookie, role))
            source = self._tokens.session(secret, role)
            if source is not None:
                return source, True
        return None, False


def cookie_name(base: str, role: Role) -> str:
    """Return a role's cookie; `base` tells rooms on one host apart, for cookies know no port."""
    return f"{base}_{role}"


def _roles(path: str) -> tuple[Role, ...]:
    """Return whose cookies open a path."""
    if path in FOR_PROGRAMS or _is_for_technicians(path):
        return ()
    if path == "/api/v1/far-side":
        return (Role.FAR_SIDE,)
    return (Role.PANEL, Role.SCREEN) if path in FOR_THE_SCREEN else (Role.PANEL,)


def _is_for_technicians(path: str) -> bool:
    """Whether it is a camera's trace or a speakerphone's description, no business of the panel."""
    trace = path.startswith("/api/v1/cameras/") and path.endswith("/trace")
    return trace or (path.startswith("/api/v1/speakerphones/") and path.endswith("/description"))


def _public(path: str) -> bool:
    return path in PUBLIC or path.startswith(PUBLIC_BELOW) or path == "/api/v1/live"


def _own_origin(headers: Headers, *, required: bool) -> bool:
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = headers.get("origin")
    if origin is None:
        return not required
    scheme, _, authority = origin.lower().partition("://")
    return scheme in ("http", "https") and authority == headers.get("host", "").lower()


def _unfit(headers: Headers) -> _Refusal | None:
    """Return what is wrong with a body as it is announced, or None."""
    try:
        length = int(headers.get("content-length") or 0)
    except ValueError:
        return _LENGTH
    if length > LARGEST_BODY:
        return _TOO_LARGE
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    # A form or a text may be sent by any page without asking; JSON may not.
    has_body = length > 0 or "transfer-encoding" in headers
    return _NOT_JSON if has_body and media_type != "application/json" else None


def _limited(receive: Receive) -> Receive:
    """Pass a body on until it turns out to be too large."""
    seen = 0

    async def limited() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > LARGEST_BODY:
            raise HTTPException(_TOO_LARGE.status, _TOO_LARGE.why)
        return message

    return limited


def _with_headers(send: Send, path: str) -> Send:
    csp = DOCS_CSP if path in DOCS else CSP

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [
                *message.get("headers", []),
                (b"content-security-policy", csp.encode()),
                (b"x-content-type-options", b"nosniff"),
                (b"referrer-policy", b"no-referrer"),
                (b"cross-origin-opener-policy", b"same-origin"),
                (b"cross-origin-resource-policy", b"same-origin"),
            ]
        await send(message)

    return sending


async def _refuse(scope: Scope, receive: Receive, send: Send, refusal: _Refusal) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008, "reason": refusal.code})
        return
    answer = problem(refusal.status, refusal.code, refusal.why)
    answer.headers["Cache-Control"] = "no-store"
    if refusal.status == 401:
        answer.headers["WWW-Authenticate"] = "Bearer"
    await answer(scope, receive, send)
