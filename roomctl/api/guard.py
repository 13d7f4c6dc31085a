"""The one door of the web server: which hosts it answers to, who asks, how much fits.

What they may is said by each route (`api.rights`). Pure ASGI; knows no room, and of routes
only whose bodies are no JSON or may be large; of a path that it must be plain text.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Iterable
from dataclasses import replace

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from roomctl.api.auth import BY_COOKIE, SIGNED_IN, Tokens
from roomctl.api.problem import problem
from roomctl.api.proxies import Proxies
from roomctl.api.staff import Staff
from roomctl.frozen import frozen
from roomctl.roles import Right, Role, has
from roomctl.room import Source
from roomctl.store.imports import LARGEST_IMPORT

LARGEST_BODY = 64 * 1024
LARGEST_FILE = 3 * 1024 * 1024  # a walkthrough with its pictures


CSP = (
    "default-src 'self'; img-src 'self' blob: data:; connect-src 'self'; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


@frozen
class _Refusal:
    status: int
    code: str
    why: str


_HOST = _Refusal(421, "host", "this name is not this room's; add it to hosts in [api]")
_ORIGIN = _Refusal(403, "origin", "requests from other sites are refused")
_PATH = _Refusal(
    400,
    "path",
    "a path must not have control characters, backslashes, dot segments or encoded slashes",
)
_OFTEN = _Refusal(429, "too_often", "too many requests without a token; wait a second")
_LENGTH = _Refusal(400, "content_length", "the Content-Length is not a number")

_JSON, _TAR = "application/json", "application/x-tar"
_OTHER_FORM = {
    _JSON: _Refusal(415, "not_json", f"a body must have the Content-Type {_JSON}"),
    _TAR: _Refusal(415, "not_tar", f"a body must have the Content-Type {_TAR}"),
}
_IMPORT = "/api/v1/import"
# RFC 3986 3.2.2, without who asks, and with nothing behind the bracket but a port.
_HOST_FORM = re.compile(r"(?:\[(?P<v6>[^\[\]\s]+)\]|(?P<name>[^\[\]@/\\?#:\s]+))(?::[0-9]{1,5})?")


class Guard:
    """ASGI middleware: Host allowlist, Origin check, authentication, body limit, headers."""

    def __init__(
        self,
        app: ASGIApp,
        tokens: Tokens,
        staff: Staff,
        hosts: Iterable[str],
        cookie: str,
        proxies: Proxies,
    ) -> None:
        self._proxies = proxies
        self._app, self._tokens, self._staff, self._cookie = app, tokens, staff, cookie
        name = socket.gethostname().lower()
        self._hosts = {"localhost", name, f"{name}.local", *(host.lower() for host in hosts)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        scope = self._proxies.seen_through(scope)
        headers = Headers(scope=scope)
        writes = scope["type"] == "websocket" or scope["method"] not in ("GET", "HEAD", "OPTIONS")
        callers = _from(scope, self._who(headers))
        by_cookie = bool(callers) and "authorization" not in headers
        refusal, most = self._door(headers, writes, by_cookie), _most(scope, callers)
        form = _TAR if scope["path"] == _IMPORT else _JSON
        may_ask = scope.get("state", {}).get("may_ask")
        if not callers and may_ask is not None and not may_ask():
            refusal = _OFTEN
        if refusal is None and not _plain(scope):
            refusal = _PATH
        if refusal is None and scope["type"] == "http" and writes:
            refusal = _unfit(headers, most, form)
        if refusal is not None:
            await _refuse(scope, receive, _with_headers(send), refusal)
            return
        state = scope.setdefault("state", {})
        state["callers"] = callers
        state["now"] = lambda: _from(scope, self._who(headers))  # a visit may end
        receive = _limited(receive, most) if writes else receive
        await self._app(scope, receive, _with_headers(send))

    def _door(self, headers: Headers, writes: bool, by_cookie: bool) -> _Refusal | None:
        """Return why nobody may pass like this, or None."""
        if not self._answers_to(headers.get("host", "")):
            return _HOST
        # Browsers send a cookie along with what another site, or another port, has them ask.
        if (writes or by_cookie) and not _own_origin(headers, required=writes and by_cookie):
            return _ORIGIN
        return None

    def _answers_to(self, host: str) -> bool:
        """Whether a Host is this box, or an address: a rebinding attack needs a name."""
        found = _HOST_FORM.fullmatch(host)
        if found is None:
            return False
        if found["name"] is not None and found["name"].lower() in self._hosts:
            return True
        try:
            ipaddress.IPv6Address(found["v6"]) if found["v6"] else ipaddress.IPv4Address(
                found["name"]
            )
        except ValueError:
            return False
        return True

    def _who(self, headers: Headers) -> tuple[Source, ...]:
        """Return everybody that the request proves to be; a token alone counts if there is one."""
        if (authorization := headers.get("authorization")) is not None:
            found = self._tokens.bearer(authorization)
            return () if found is None else (found,)
        cookies = cookie_parser(headers.get("cookie", ""))
        known = [
            source
            for role in (*BY_COOKIE, *SIGNED_IN)
            if (source := self._tokens.session(cookies.get(cookie_name(self._cookie, role)), role))
        ]
        staff = (self._staff.role_of(source) for source in known)
        return (*known, *(source for source in staff if source is not None))


def _from(scope: Scope, callers: tuple[Source, ...]) -> tuple[Source, ...]:
    """Return callers with the address that they ask from, for the audit alone."""
    client = scope.get("client")
    return tuple(replace(one, address=client[0] if client else "") for one in callers)


def cookie_name(base: str, role: Role) -> str:
    """Return a role's cookie; `base` tells rooms on one host apart, for cookies know no port."""
    return f"{base}_{role}"


def _plain(scope: Scope) -> bool:
    """Whether a path is what it looks like, to routes and to whoever reads a log.

    A route's pattern ends before a last line break, and a decoded slash is one to a route.
    """
    path: str = scope["path"]
    raw: bytes = scope.get("raw_path") or b""
    return (
        path.isprintable()
        and "\\" not in path
        and not {".", ".."}.intersection(path.split("/"))
        and b"%2f" not in raw.lower()
    )


def _own_origin(headers: Headers, *, required: bool) -> bool:
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = headers.get("origin")
    if origin is None:
        return not required
    scheme, _, authority = origin.lower().partition("://")
    return scheme in ("http", "https") and authority == headers.get("host", "").lower()


def _most(scope: Scope, callers: tuple[Source, ...]) -> int:
    """Return how many bytes a body may have; files come from those whom we know."""
    if scope["path"] == _IMPORT:
        admin = any(has(Right.ACCESS, Role(one.role), one.rights) for one in callers)
        return LARGEST_IMPORT if admin else LARGEST_BODY
    files = scope.get("method") == "PUT" and scope["path"].startswith("/api/v1/walkthroughs/")
    return LARGEST_FILE if files and callers else LARGEST_BODY


def _too_large(most: int) -> _Refusal:
    return _Refusal(413, "too_large", f"the body is larger than {most} bytes")


def _unfit(headers: Headers, most: int, form: str) -> _Refusal | None:
    """Return what is wrong with a body as it is announced, or None; `form` is its media type."""
    try:
        length = int(headers.get("content-length") or 0)
    except ValueError:
        return _LENGTH
    if length > most:
        return _too_large(most)
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    # A form or a text may be sent by any page without asking; JSON and a tar may not.
    has_body = length > 0 or "transfer-encoding" in headers
    return _OTHER_FORM[form] if has_body and media_type != form else None


def _limited(receive: Receive, most: int) -> Receive:
    """Pass a body on until it turns out to be too large."""
    seen = 0

    async def limited() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > most:
            refusal = _too_large(most)
            raise HTTPException(refusal.status, refusal.why)
        return message

    return limited


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            given = list(message.get("headers", []))
            if not any(name.lower() == b"content-security-policy" for name, _ in given):
                given.append((b"content-security-policy", CSP.encode()))
            message["headers"] = [
                *given,
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
    await answer(scope, receive, send)
