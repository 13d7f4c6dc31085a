"""Sign-in of staff with the house's own accounts: OpenID Connect, authorization code with PKCE.

    GET  /api/v1/sign-in             a cookie of this attempt, and to the provider
    GET  /api/v1/sign-in/callback    back from there: the code becomes an ID token, that a session

State, nonce and the PKCE verifier are made of one secret, which the browser that began keeps for
ten minutes: a code that another one brings is worth nothing, and nobody can fill a memory here. A
secret is good for one answer. What an ID token must be is authlib's to judge: signed with a key
that the provider publishes (no `none`, no shared secret), from it, for this room, in time, and for
this attempt. The first group of room.toml that a person is in gives the role. A session lasts a
working day at most, and ends with the program.

Nobody is sent anywhere but to the provider and to this room's own pages. Knows no command.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import html
import importlib
import logging
import secrets
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from roomctl.api.auth import SIGN_IN_S, Tokens
from roomctl.api.connections import Allowance, Rate
from roomctl.api.rights import Routes, needs
from roomctl.booking.fetch import trusted
from roomctl.clock import Clock
from roomctl.command import Source
from roomctl.config import Config, OidcTable
from roomctl.errors import RoomctlError
from roomctl.frozen import frozen
from roomctl.roles import Right, Role
from roomctl.wire import in_thread

_log = logging.getLogger(__name__)

BEGIN, CALLBACK = "/api/v1/sign-in", "/api/v1/sign-in/callback"
ATTEMPT_S = 600  # for whoever looks for his password
PROVIDER_S = 10.0  # for each answer of the provider
LONGEST_ANSWER = 256 * 1024  # bytes
KEYS_S = 3600.0  # that the provider's keys are believed; an unknown one has them read anew
LEEWAY_S = 60  # of two clocks
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA")
ATTEMPTS = Rate(per_s=1, burst=20)  # that ask the provider something
USED_KEPT = 1000  # secrets that were answered
LONGEST = 4096  # characters of a code

_WORDS = {
    "signed_in": ("You are signed in", "您已登录"),
    "as": ("{person}, as {role}", "{person}（{role}）"),
    "go_on": ("Go on", "继续"),
    "again": ("Try again", "重试"),
    "not_signed_in": ("You are not signed in", "未能登录"),
    "provider": (
        "The sign-in service cannot be reached. Try again in a few minutes, or use the staff PIN.",
        "无法连接单位的登录服务。请几分钟后重试，或使用员工 PIN。",
    ),
    "refused": ("The sign-in was cancelled or refused.", "登录被取消或被拒绝。"),
    "expired": (
        "This sign-in is over, or began elsewhere. Start again.",
        "本次登录已失效，或是在别处开始的。请重新开始。",
    ),
    "untrusted": (
        "The answer of the sign-in service cannot be trusted. Tell its administrator.",
        "登录服务返回的内容不可信。请联系管理员。",
    ),
    "no_group": (
        "Your account has no rights for rooms. Ask the administrator for them.",
        "您的账号没有管理会议室的权限。请联系负责授权的人员。",
    ),
    "busy": ("Too many sign-ins at once. Try again in a moment.", "登录请求过多，请稍后重试。"),
}
_STATUS = {"provider": 502, "refused": 403, "expired": 400, "untrusted": 502, "no_group": 403}
_STATUS["busy"] = 429


class NotSignedIn(RoomctlError):
    """Somebody is not signed in; `code` says to him why, the message to whoever reads the log."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(f"sign-in: {why}")
        self.code, self.why = code, why


@frozen
class StaffMember:
    """Whoever has signed in, and what he may."""

    name: str
    role: Role


@frozen
class _Attempt:
    """What is told to the provider of one attempt, made of the secret that the browser keeps."""

    state: str
    nonce: str
    verifier: str
    challenge: str


class OidcProvider:
    """The house's OpenID provider, as this room asks it."""

    def __init__(
        self,
        table: OidcTable,
        redirect_uri: str,
        clock: Clock,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._table, self._redirect_uri, self._clock = table, redirect_uri, clock
        self._transport = transport
        self._metadata: dict[str, Any] | None = None
        self._asking = asyncio.Lock()  # for metadata and keys: one at a time
        self._failed: NotSignedIn | None = None
        self._failures = 0
        self._keys: Any = None
        self._keys_s = 0.0

    async def address(self, attempt: _Attempt) -> str:
        """Return where a browser signs in; NotSignedIn: the provider does not say."""
        metadata = await self._described()
        asked = {
            "response_type": "code",
            "client_id": self._table.client_id,
            "redirect_uri": self._redirect_uri,
            "scope": " ".join(self._table.scopes),
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": attempt.challenge,
            "code_challenge_method": "S256",
        }
        where = metadata["authorization_endpoint"]
        return f"{where}{'&' if urlsplit(where).query else '?'}{urlencode(asked)}"

    async def person(self, code: str, attempt: _Attempt) -> StaffMember:
        """Return who has signed in; NotSignedIn: nobody that this room knows, or can trust."""
        token, access = await self._exchange(code, attempt)
        if not isinstance(token, str):
            raise NotSignedIn("untrusted", "the provider sends no ID token")
        claims = await self._claims(token, access, attempt)
        groups = claims.get(self._table.claim)
        if groups is None and isinstance(access, str):
            groups = (await self._userinfo(access, claims["sub"])).get(self._table.claim)
        role = self._role(groups)
        name = claims.get("email") or claims.get("preferred_username") or claims["sub"]
        if role is None:
            raise NotSignedIn("no_group", f"{_shown(name)} is in no group of [api.oidc] roles")
        return StaffMember(_shown(name), role)

    def _role(self, groups: object) -> Role | None:
        found = [groups] if isinstance(groups, str) else groups
        if not isinstance(found, list):
            return None
        return next((Role(r) for group, r in self._table.roles.items() if group in found), None)

    async def _described(self) -> dict[str, Any]:
        if self._metadata is None:
            await self._one_at_a_time(self._describe)
        assert self._metadata is not None  # noqa: S101 - or it has raised
        return self._metadata

    async def _one_at_a_time(self, ask: Callable[[], Awaitable[None]]) -> None:
        """Ask unless somebody else has, who was waited for; what failed for him fails for all."""
        failures = self._failures
        async with self._asking:
            if self._failed is not None and self._failures > failures:
                raise NotSignedIn(self._failed.code, self._failed.why)
            try:
                await ask()
            except NotSignedIn as error:
                self._failed, self._failures = error, self._failures + 1
                raise

    async def _describe(self) -> None:
        if self._metadata is None:
            issuer = self._table.issuer
            found = await self._ask("GET", f"{issuer.rstrip('/')}/.well-known/openid-configuration")
            if found.get("issuer") != issuer:
                raise NotSignedIn("untrusted", f"{issuer} says that it is another issuer")
            for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                if not _is_safe(found.get(name)):
                    raise NotSignedIn("untrusted", f"{issuer}: its {name} is not an https address")
            self._metadata = found

    async def _exchange(self, code: str, attempt: _Attempt) -> tuple[object, object]:
        """Return the ID token and the access token, if they are such."""
        metadata = await self._described()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect_uri,
            "code_verifier": attempt.verifier,
        }
        secret = self._table.client_secret.reveal()
        basic = "client_secret_basic"  # what a provider takes that says nothing
        if basic in metadata.get("token_endpoint_auth_methods_supported", [basic]):
            auth = httpx.BasicAuth(self._table.client_id, secret)
            found = await self._ask("POST", metadata["token_endpoint"], data=form, auth=auth)
        else:
            form |= {"client_id": self._table.client_id, "client_secret": secret}
            found = await self._ask("POST", metadata["token_endpoint"], data=form)
        return found.get("id_token"), found.get("access_token")

    async def _claims(self, token: str, access: object, attempt: _Attempt) -> Mapping[str, Any]:
        """Return what an ID token says, once it is proven to be the provider's, and for us."""
        jwt = importlib.import_module("joserfc.jwt")
        errors = importlib.import_module("joserfc.errors")
        id_token = importlib.import_module("authlib.oidc.core").CodeIDToken
        options = {
            "iss": {"essential": True, "value": self._table.issuer},
            "aud": {"essential": True, "value": self._table.client_id},
        }
        params: dict[str, object] = {"nonce": attempt.nonce, "client_id": self._table.client_id}
        try:
            try:
                decoded = jwt.decode(token, await self._keyring(), algorithms=[*ALGORITHMS])
            except (errors.InvalidKeyIdError, errors.BadSignatureError, ValueError):
                keys = await self._keyring(anew=True)
                decoded = jwt.decode(token, keys, algorithms=[*ALGORITHMS])
            params["access_token"] = access
            claims = id_token(decoded.claims, decoded.header, options, params)
            claims.validate(int(self._clock.now().wall.timestamp()), LEEWAY_S)
        except (errors.JoseError, ValueError, TypeError, KeyError) as error:
            why = f"the ID token is not taken ({type(error).__name__}: {error})"
            raise NotSignedIn("untrusted", why) from error
        if not isinstance(claims.get("sub"), str):
            raise NotSignedIn("untrusted", "the ID token names no person")
        return dict(claims)

    async def _keyring(self, *, anew: bool = False) -> Any:  # noqa: ANN401 - joserfc's
        before_s = self._keys_s
        where = (await self._described())["jwks_uri"]

        async def read() -> None:
            now_s = self._clock.mono_s()
            others = anew and self._keys_s != before_s  # has somebody else read them meanwhile?
            if self._keys is None or (anew and not others) or now_s - self._keys_s > KEYS_S:
                found = await self._ask("GET", where)
                key_set = importlib.import_module("joserfc.jwk").KeySet
                self._keys, self._keys_s = key_set.import_key_set(found), now_s

        await self._one_at_a_time(read)
        return self._keys

    async def _userinfo(self, access: str, sub: str) -> dict[str, Any]:
        where = (await self._described()).get("userinfo_endpoint")
        if not _is_safe(where):
            return {}
        headers = {"Authorization": f"Bearer {access}"}
        found = await self._ask("GET", str(where), headers=headers)
        return found if found.get("sub") == sub else {}

    async def _ask(self, method: str, url: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return what the provider answers, as JSON; no redirect is followed, nothing unpacked."""
        host = urlsplit(url).hostname
        verify = await in_thread(trusted) if url.startswith("https:") else False
        try:
            async with (
                asyncio.timeout(PROVIDER_S),
                httpx.AsyncClient(
                    transport=self._transport, verify=verify, timeout=PROVIDER_S, trust_env=False
                ) as client,
                client.stream(method, url, **_uncompressed(more)) as response,
            ):
                coding = response.headers.get("content-encoding", "identity").strip().lower()
                if coding not in ("", "identity"):
                    why = f"{host}: its answer is compressed, which was not asked for"
                    raise NotSignedIn("untrusted", why)
                body = bytearray()
                async for piece in response.aiter_bytes():  # as they came
                    body += piece
                    if len(body) > LONGEST_ANSWER:
                        raise NotSignedIn("untrusted", f"{host}: its answer is too long")
                status = response.status_code
        except (httpx.HTTPError, httpx.InvalidURL, OSError, TimeoutError) as error:
            why = f"{host}: cannot be reached ({type(error).__name__})"
            raise NotSignedIn("provider", why) from error
        if status != 200:
            code = "expired" if method == "POST" and status in (400, 401) else "provider"
            raise NotSignedIn(code, f"{host}: answered HTTP {status}")
        try:
            found = httpx.Response(200, content=bytes(body)).json()
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise NotSignedIn("untrusted", f"{host}: its answer is not a JSON object")
        return found


def _uncompressed(request: Mapping[str, Any]) -> dict[str, Any]:
    headers = {**request.get("headers", {}), "Accept-Encoding": "identity"}
    return {**request, "headers": headers}


class SignIn:
    """The attempts of one room, and what they end in."""

    def __init__(self, provider: OidcProvider, clock: Clock) -> None:
        self.provider, self._clock = provider, clock
        self._allowance = Allowance(ATTEMPTS, clock.mono_s())
        self._used: OrderedDict[str, None] = OrderedDict()

    async def begin(self) -> tuple[str, str]:
        """Return a secret for the browser to keep, and where it goes; NotSignedIn."""
        self._take()
        secret = secrets.token_urlsafe(32)
        return secret, await self.provider.address(_attempt(secret))

    async def finish(self, secret: str | None, state: str, code: str) -> StaffMember:
        """Return who has signed in with an attempt that this browser began; NotSignedIn."""
        if not secret or len(secret) > LONGEST or not code or len(code) > LONGEST:
            raise NotSignedIn("expired", "an answer without its attempt")
        attempt = _attempt(secret)
        if not secrets.compare_digest(attempt.state.encode(), state.encode()):
            raise NotSignedIn("expired", "an answer to another attempt")
        if attempt.state in self._used:
            raise NotSignedIn("expired", "an answer that was given already")
        self._take()
        self._used[attempt.state] = None
        if len(self._used) > USED_KEPT:
            self._used.popitem(last=False)
        return await self.provider.person(code, attempt)

    def _take(self) -> None:
        if not self._allowance.take(self._clock.mono_s()):
            raise NotSignedIn("busy", "more attempts than the provider shall be asked about")


def sign_in_routes(
    config: Config,
    clock: Clock,
    tokens: Tokens,
    cookies: Mapping[Role, str],
    transport: httpx.AsyncBaseTransport | None = None,
) -> Routes:
    """Return the routes of signing in; `transport` leads to the provider."""
    table = config.api.oidc
    if table is None:
        return Routes()
    back = f"{(config.api.url or '').rstrip('/')}{CALLBACK}"
    sign_in = SignIn(OidcProvider(table, back, clock, transport), clock)
    secure = back.startswith("https:")
    router, chinese = Routes(), config.room.language == "zh-CN"
    attempt_cookie = f"{cookies[Role.PANEL].rpartition('_')[0]}_signin"

    @router.get(BEGIN, tags=["panels"], response_class=RedirectResponse, status_code=303)
    @needs(Right.PUBLIC)
    async def begin() -> Response:
        """Send a browser to the sign-in service."""
        try:
            secret, address = await sign_in.begin()
        except NotSignedIn as error:
            return _failed(error, chinese)
        response = RedirectResponse(address, 303, {"Cache-Control": "no-store"})
        response.set_cookie(
            attempt_cookie,
            secret,
            ATTEMPT_S,
            path=BEGIN,
            httponly=True,
            samesite="lax",
            secure=secure,
        )
        return response

    @router.get(CALLBACK, tags=["panels"], response_class=HTMLResponse)
    @needs(Right.PUBLIC)
    async def callback(
        request: Request, state: str = "", code: str = "", error: str = ""
    ) -> Response:
        """Take the answer with which the sign-in service sends a browser back."""
        try:
            if error:
                raise NotSignedIn("refused", f"the provider says {_shown(error)}")
            person = await sign_in.finish(request.cookies.get(attempt_cookie), state, code)
        except NotSignedIn as failed:
            source = _asking(request, Source("nobody", "nobody"))
            request.app.state.note(source, "sign-in", {}, f"refused: {failed.code}")
            response = _failed(failed, chinese)
        else:
            secret = tokens.sign_in(person.role, person.name, SIGN_IN_S)
            request.state.source = tokens.session(secret, person.role)
            source = _asking(request, request.state.source)
            await request.app.state.note_durably(source, "sign-in", {}, "done")
            response = _welcome(person, chinese)
            response.set_cookie(
                cookies[person.role],
                secret,
                int(SIGN_IN_S),
                httponly=True,
                samesite="strict",
                secure=secure,
            )
        response.delete_cookie(attempt_cookie, path=BEGIN, httponly=True, samesite="lax")
        return response

    return router


def _asking(request: Request, source: Source) -> Source:
    """Return who has signed in, or has tried, with the address for the audit."""
    return replace(source, address=request.client.host if request.client else "")


def _attempt(secret: str) -> _Attempt:
    """Return what is told of an attempt; none of it tells the secret, or another of the three."""

    def made(what: str) -> str:
        return _base64(hashlib.sha256(f"{what}:{secret}".encode("utf-8", "replace")).digest())

    verifier = made("verifier")
    challenge = _base64(hashlib.sha256(verifier.encode()).digest())
    return _Attempt(made("state"), made("nonce"), verifier, challenge)


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _is_safe(url: object) -> bool:
    """Whether a provider is asked over https, or on this box."""
    if not isinstance(url, str):
        return False
    found = urlsplit(url)
    on_this_box = found.hostname in ("127.0.0.1", "localhost", "::1")
    secure = found.scheme == "https" or (found.scheme == "http" and on_this_box)
    return bool(found.hostname) and secure


def _shown(text: object) -> str:
    """Return what a stranger has called something, as a log and an audit may have it."""
    return "".join(letter if letter.isprintable() else "…" for letter in str(text))[:120]


def _failed(error: NotSignedIn, chinese: bool) -> Response:
    _log.warning("%s", error)
    head, why, again = (_WORDS[key][chinese] for key in ("not_signed_in", error.code, "again"))
    body = f'<h1>{head}</h1><p>{why}</p><p><a href="{BEGIN}">{again}</a></p>'
    return _page(body, _STATUS[error.code], chinese)


def _welcome(person: StaffMember, chinese: bool) -> Response:
    head, who, go_on = (_WORDS[key][chinese] for key in ("signed_in", "as", "go_on"))
    told = html.escape(who.format(person=person.name, role=person.role.value))
    # The browser came from another site, and sends its new cookie along only from a page of ours.
    body = f'<h1>{head}</h1><p>{told}</p><p><a href="/facilities">{go_on}</a></p>'
    return _page(body, 200, chinese, '<meta http-equiv="refresh" content="1;url=/facilities">')


def _page(body: str, status: int, chinese: bool, head: str = "") -> Response:
    lang = "zh-CN" if chinese else "en"
    text = f'<!doctype html><html lang="{lang}"><meta charset="utf-8"><title>roomctl</title>{head}'
    return HTMLResponse(f"{text}{body}</html>", status, {"Cache-Control": "no-store"})
