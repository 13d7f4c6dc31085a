"""Who can get in: `/api/v1/tokens`, `/api/v1/sessions`, and staff by a PIN or a password.

`/api/v1/session` tells whoever asks who he is here, what he may, and how one signs in.
A token is told once, when it is made. Knows no command and no device.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Annotated, Literal

from fastapi import Path, Request
from fastapi.responses import Response
from pydantic import Field

from roomctl.api.auth import SIGN_IN_S, SIGNED_IN, ApiToken, Tokens
from roomctl.api.people import StaffAccount, StaffAccounts
from roomctl.api.problem import refusals
from roomctl.api.rights import Routes, may, needs
from roomctl.api.schema import (
    ApiModel,
    Credentials,
    EnteredPin,
    NewPerson,
    PersonModel,
    PersonName,
    PinModel,
    RequestModel,
    SignedIn,
    StaffModel,
)
from roomctl.api.staff import Staff, StaffState
from roomctl.clock import Clock
from roomctl.command import Days, DeviceName
from roomctl.roles import NAMEABLE, Right, Role
from roomctl.room import Source

Scope = Literal[
    "sensor",
    "read",
    "auditor",
    "operate",
    "facilities",
    "technician",
    "integration",
    "admin",
]
Nameable = Literal[
    "pictures",
    "view",
    "listen",
    "mute",
    "meet",
    "book",
    "undo",
    "complain",
    "move",
    "stop",
    "operate",
    "arrange",
    "message",
    "statistics",
    "report",
]
"""What a token of the role integration may name (`roles.NAMEABLE`)."""
SignInWay = Literal["token", "password", "house"]
"""By a token, a person's password, or the house's accounts (`GET /api/v1/sign-in`)."""
SessionId = Annotated[str, Path(pattern="^[0-9a-f]{8}$")]


class NewToken(RequestModel):
    """What a token shall be called, what it may, and for how long."""

    name: DeviceName
    scope: Scope = "read"
    days: Days | None = None
    may: list[Nameable] = Field(default=[], max_length=40)


class TokenLimits(RequestModel):
    """What a token may from now on, and for how long; never more than before."""

    scope: Scope | None = None
    days: Days | None = None
    may: list[Nameable] | None = Field(default=None, max_length=40)


class TokenModel(ApiModel):
    """What is known of a token. `used` is the day of its last use, in UTC."""

    name: str
    scope: Scope
    made: datetime
    expires: datetime | None
    used: str | None
    may: list[str]


class CreatedToken(TokenModel):
    """A new token, which is shown this once."""

    token: str


class SessionModel(ApiModel):
    """A browser that was paired. `ends_in_s`: a phone's visit; else after 90 days unused."""

    id: str
    role: str
    made: str
    used: str
    ends_in_s: float | None


class CurrentSession(ApiModel):
    """Who asks, and what he may; `ways`: how a browser can sign in here."""

    role: str | None
    name: str | None
    may: list[str]
    ways: list[SignInWay]


def access_routes(
    tokens: Tokens,
    staff: Staff,
    people: StaffAccounts,
    clock: Clock,
    cookies: Mapping[Role, str],
    house: bool = False,
) -> Routes:
    """Return the routes to a room's tokens, sessions, staff PIN and people.

    `house`: its accounts can sign in, too.
    """
    router = Routes()
    _session_route(router, people, house)
    _pin_routes(router, staff)
    _staff_routes(router, staff)
    _people_routes(router, people)
    _sign_in_routes(router, people, tokens, cookies)

    def expiry(days: int | None) -> datetime | None:
        return None if days is None else clock.now().wall + timedelta(days=days)

    @router.get("/api/v1/tokens", tags=["access"], responses=refusals())
    @needs(Right.ACCESS)
    async def known() -> list[TokenModel]:
        """Return every token that was made, never the secret."""
        return [_shown(token) for token in tokens.tokens()]

    @router.post("/api/v1/tokens", tags=["access"], status_code=201, responses=refusals(409, 507))
    @needs(Right.ACCESS)
    async def make(body: NewToken) -> CreatedToken:
        """Make a token for a program."""
        scope, rights = Role(body.scope), _rights(body.may)
        made, token = await tokens.make(body.name, scope, expiry(body.days), rights)
        return CreatedToken(**_shown(made).model_dump(), token=token)

    @router.patch("/api/v1/tokens/{name}", tags=["access"], responses=refusals(404, 409, 507))
    @needs(Right.ACCESS)
    async def limit(name: DeviceName, body: TokenLimits) -> TokenModel:
        """Let a token do less, or end sooner."""
        scope = None if body.scope is None else Role(body.scope)
        rights = None if body.may is None else _rights(body.may)
        return _shown(await tokens.limit(name, scope, expiry(body.days), rights))

    @router.delete(
        "/api/v1/tokens/{name}", tags=["access"], status_code=204, responses=refusals(404, 507)
    )
    @needs(Right.ACCESS)
    async def revoke(name: DeviceName) -> Response:
        """End a token, and everything that uses it, at once."""
        await tokens.revoke(name)
        return Response(status_code=204)

    @router.get("/api/v1/sessions", tags=["access"], responses=refusals())
    @needs(Right.ACCESS)
    async def sessions() -> list[SessionModel]:
        """Return every paired browser, phones included."""
        now = clock.mono_s()
        return [
            SessionModel(
                id=session_id,
                role=one.role,
                made=one.made,
                used=one.used,
                ends_in_s=None if one.until is None else max(0.0, one.until - now),
            )
            for session_id, one in tokens.sessions()
        ]

    @router.delete(
        "/api/v1/sessions/{session}",
        tags=["access"],
        status_code=204,
        responses=refusals(404, 507),
    )
    @needs(Right.ACCESS)
    async def end(session: SessionId) -> Response:
        """End a browser's session at once, with its streams and sockets."""
        await tokens.end_session(session)
        return Response(status_code=204)

    return router


def _session_route(router: Routes, people: StaffAccounts, house: bool) -> None:
    @router.get("/api/v1/session", tags=["access"], responses=refusals())
    @needs(Right.PUBLIC)
    async def session(request: Request, response: Response) -> CurrentSession:
        """Return the caller, and its rights in every case; nothing of the room."""
        response.headers["Cache-Control"] = "no-store"
        callers: tuple[Source, ...] = request.state.callers
        staff = [one for one in callers if may(Right.STATISTICS, (one,))]
        source = next(iter((*staff, *callers)), None)
        ways: dict[SignInWay, bool] = {
            "token": True,
            "password": bool(people.known),
            "house": house,
        }
        return CurrentSession(
            role=source and source.role,
            name=source and source.name,
            may=[right.name.lower() for right in Right if callers and may(right, callers)],
            ways=[way for way, open_here in ways.items() if open_here],
        )


def _pin_routes(router: Routes, staff: Staff) -> None:
    @router.get("/api/v1/pin", tags=["access"], responses=refusals())
    @needs(Right.ACCESS)
    async def pin() -> PinModel:
        """Return whether there is a staff PIN, never the PIN."""
        return PinModel(set=staff.is_set)

    @router.put("/api/v1/pin", tags=["access"], status_code=204, responses=refusals(409, 507))
    @needs(Right.ACCESS)
    async def change(body: EnteredPin) -> Response:
        """Set another staff PIN; ends sessions that used the old one."""
        await staff.set_pin(body.pin.get_secret_value())
        return Response(status_code=204)

    @router.delete("/api/v1/pin", tags=["access"], status_code=204, responses=refusals(507))
    @needs(Right.ACCESS)
    async def clear() -> Response:
        """Remove the staff PIN: the panel accepts none."""
        await staff.set_pin(None)
        return Response(status_code=204)

    @router.delete(
        "/api/v1/pin/failures", tags=["access"], status_code=204, responses=refusals(507)
    )
    @needs(Right.ACCESS)
    async def reset() -> Response:
        """Forget wrong PINs: the next try does not wait."""
        await staff.reset()
        return Response(status_code=204)


def _staff_routes(router: Routes, staff: Staff) -> None:
    def shown(panel: Source, state: StaffState) -> StaffModel:
        role = None if state.role is None else state.role.value
        wait_s = max(0.0, staff.wait_s(panel.name))
        return StaffModel(pin=state.pin, role=role, ends_in_s=state.ends_in_s, wait_s=wait_s)

    @router.get("/api/v1/staff", tags=["panels"], responses=refusals())
    @needs(Right.ELEVATE)
    async def state(request: Request) -> StaffModel:
        """Return whether this panel has staff rights, and when the next PIN is accepted."""
        panel: Source = request.state.source
        return shown(panel, staff.state(panel))

    @router.post("/api/v1/staff", tags=["panels"], responses=refusals(409, 429))
    @needs(Right.ELEVATE)
    async def enter(request: Request, body: EnteredPin) -> StaffModel:
        """Give this panel staff rights for some minutes, if the PIN is right."""
        panel: Source = request.state.source
        return shown(panel, await staff.enter(panel, body.pin.get_secret_value()))

    @router.delete("/api/v1/staff", tags=["panels"], status_code=204, responses=refusals())
    @needs(Right.ELEVATE)
    async def leave(request: Request) -> Response:
        """End this panel's staff rights."""
        staff.end(request.state.source)
        return Response(status_code=204)


def _people_routes(router: Routes, people: StaffAccounts) -> None:
    def shown(one: StaffAccount) -> PersonModel:
        return PersonModel(name=one.name, role=one.role.value, made=one.made)

    @router.get("/api/v1/people", tags=["access"], responses=refusals())
    @needs(Right.ACCESS)
    async def known() -> list[PersonModel]:
        """Return the people who may sign in with a password, never the password."""
        return [shown(one) for one in people.known]

    @router.put("/api/v1/people/{name}", tags=["access"], responses=refusals(409, 507))
    @needs(Right.ACCESS)
    async def keep(name: PersonName, body: NewPerson) -> PersonModel:
        """Add a person, or change their role and password; their sessions end."""
        password = body.password.get_secret_value()
        return shown(await people.keep(name, Role(body.role), password))

    @router.delete(
        "/api/v1/people/{name}", tags=["access"], status_code=204, responses=refusals(404, 507)
    )
    @needs(Right.ACCESS)
    async def remove(name: PersonName) -> Response:
        """Remove a person; their sessions end, with their streams and sockets."""
        await people.remove(name)
        return Response(status_code=204)

    @router.delete(
        "/api/v1/people-failures", tags=["access"], status_code=204, responses=refusals(507)
    )
    @needs(Right.ACCESS)
    async def reset() -> Response:
        """Forget wrong passwords: the next try does not wait."""
        await people.reset()
        return Response(status_code=204)


def _sign_in_routes(
    router: Routes, people: StaffAccounts, tokens: Tokens, cookies: Mapping[Role, str]
) -> None:
    @router.post("/api/v1/staff/sign-in", tags=["panels"], responses=refusals(403, 429))
    @needs(Right.PUBLIC)
    async def sign_in(request: Request, answer: Response, body: Credentials) -> SignedIn:
        """Sign in by name and password, in this browser, for at most ten hours."""
        if any(one.name == body.name for one in people.known):  # else it may be a password
            request.state.source = Source("nobody", body.name)
        address = request.client.host if request.client else ""
        person = await people.sign_in(body.name, body.password.get_secret_value(), address)
        secret = tokens.sign_in(person.role, person.name, SIGN_IN_S)
        request.state.source = tokens.session(secret, person.role)
        answer.headers["Cache-Control"] = "no-store"
        answer.set_cookie(
            cookies[person.role],
            secret,
            int(SIGN_IN_S),
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )
        return SignedIn(name=person.name, role=person.role.value, ends_in_s=SIGN_IN_S)

    @router.post("/api/v1/sign-out", tags=["panels"], status_code=204, responses=refusals())
    @needs(Right.FOLLOW)
    async def sign_out(request: Request) -> Response:
        """End this browser's staff session, however it was signed in."""
        response = Response(status_code=204)
        await request.app.state.note_durably(request.state.source, "sign-out", {}, "done")
        for role in SIGNED_IN:
            if secret := request.cookies.get(cookies[role]):
                tokens.sign_out(secret)
                response.delete_cookie(cookies[role], httponly=True, samesite="strict")
        return response


def _rights(words: Iterable[str]) -> frozenset[Right]:
    return frozenset(NAMEABLE[word] for word in words)


def _shown(token: ApiToken) -> TokenModel:
    return TokenModel(
        name=token.name,
        scope=token.scope.value,
        made=token.made,
        expires=token.expires,
        used=token.used,
        may=sorted(right.name.lower() for right in token.rights),
    )
