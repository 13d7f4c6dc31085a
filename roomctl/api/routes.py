"""The routes of /api/v1, and of health; each says which right it needs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Body, Header, HTTPException, Query, Request, WebSocket
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response, StreamingResponse
from pydantic import TypeAdapter, ValidationError
from starlette.requests import HTTPConnection

from roomctl.api import schema
from roomctl.api.access import access_routes
from roomctl.api.alerting import alert_routes
from roomctl.api.auth import PAIRING_S, VISIT_S, Tokens
from roomctl.api.command_list import command_routes
from roomctl.api.configuration import ConfigApplier, RunningConfig, configuration_routes, tags_of
from roomctl.api.device_search import SearchNetwork, search_routes
from roomctl.api.diagnostics import diagnostic_routes
from roomctl.api.downloads import download_routes
from roomctl.api.events import COMMENT_S, Encoding, stream
from roomctl.api.history import history_routes
from roomctl.api.information import information_routes
from roomctl.api.kinds import kind_routes
from roomctl.api.live import Live
from roomctl.api.metrics import metrics_routes
from roomctl.api.migration import migration_routes
from roomctl.api.openapi import COMMANDS
from roomctl.api.people import StaffAccounts
from roomctl.api.phone import PhonePairing, pairing_link
from roomctl.api.phone import drawn as drawn_code
from roomctl.api.problem import Answers, problem, refusals
from roomctl.api.recent_log import RecentLog
from roomctl.api.rights import Routes, may, needs
from roomctl.api.staff import Staff
from roomctl.api.traffic import Traffic
from roomctl.api.walkthroughs import walkthrough_routes
from roomctl.command import InPath
from roomctl.errors import Refused
from roomctl.frozen import frozen
from roomctl.roles import Right, Role
from roomctl.room import Room, Source
from roomctl.room.commands import CommandRecord, CommandStatus, Failure
from roomctl.room.conditions import is_ready
from roomctl.room.document import sections_of
from roomctl.room.liveness import LivenessReport
from roomctl.store import AppliedConfigs
from roomctl.wire import in_thread

COOKIE_S = 400 * 24 * 3600

LONGEST_CODED = 1000  # characters of a link that a phone still reads off a code

_ERRORS = refusals()
_COMMAND_ERRORS = refusals(404, 409, 429, 500, 501, 502, 503, 504)


@frozen
class RouteContext:
    """What the routes open onto."""

    room: Room
    tokens: Tokens
    staff: Staff
    people: StaffAccounts
    boot_id: str
    ui_version: str
    cookies: Mapping[Role, str]
    status_of: Callable[[Failure], int]
    ending: asyncio.Event
    phones: PhonePairing
    log: RecentLog
    configs: AppliedConfigs | None
    live: RunningConfig | None
    traffic: Traffic
    search: SearchNetwork | None


def routes(doors: RouteContext) -> APIRouter:
    """Return the routes of a room."""
    router = Routes()
    encoding = Encoding(doors.room)
    desk = ConfigApplier(doors.room, doors.configs, doors.live)
    _health(router, doors.room)
    _status(router, doors, encoding)
    _commands(router, doors)
    house = doors.room.config.api.oidc is not None
    for further in (
        download_routes(doors.room),
        configuration_routes(doors.room, doors.configs, doors.live, desk),
        search_routes(doors.room, doors.search),
        migration_routes(doors.room, doors.configs, doors.live, desk),
        information_routes(doors.room, doors.boot_id),
        diagnostic_routes(doors.room, doors.boot_id, doors.log),
        history_routes(doors.room),
        access_routes(
            doors.tokens, doors.staff, doors.people, doors.room.clock, doors.cookies, house
        ),
        metrics_routes(doors.room, doors.traffic),
        command_routes(doors.room, COMMANDS),
        kind_routes(doors.room),
        walkthrough_routes(doors.room),
        alert_routes(doors.room),
    ):
        router.routes.extend(further.routes)
    _sign_in(router, doors)
    _reports(router, doors.room)
    _phone(router, doors.phones)
    _sharing(router, doors.room)
    _pairing(router, doors)
    _live(router, doors, encoding)
    return router


def _health(router: APIRouter, room: Room) -> None:
    lives = LivenessReport | dict[str, str]
    stalled: Answers = {503: {"model": lives, "description": "Something hangs"}}

    @router.get("/healthz", tags=["health"], response_model=lives, responses=stalled)
    @needs(Right.PUBLIC)
    async def alive(request: Request, response: Response) -> LivenessReport | dict[str, str]:
        """Tell a supervisor whether the program lives; a token learns what hangs."""
        report = room.liveness.report()
        response.status_code = 200 if report.status == "ok" else 503
        if may(Right.STATISTICS, request.state.callers):
            return report
        return {"status": report.status}

    not_ready: Answers = {503: {"model": dict[str, bool], "description": "Not ready"}}

    @router.get("/readyz", tags=["health"], responses=not_ready)
    @needs(Right.PUBLIC)
    async def ready(response: Response) -> dict[str, bool]:
        """Tell a supervisor whether the room is ready; the room document says why not."""
        found = is_ready(room.document.conditions)
        response.status_code = 200 if found else 503
        return {"ready": found}


def _status(router: APIRouter, doors: RouteContext, encoding: Encoding) -> None:
    room = doors.room

    answers: Answers = {200: _answer("The room", "RoomDocument"), 304: {}}

    @router.get(
        "/api/v1/room",
        tags=["status"],
        response_class=JSONResponse,
        responses={**_ERRORS, **answers},
    )
    @needs(Right.LOOK)
    async def document(if_none_match: Annotated[str | None, Header()] = None) -> Response:
        """Return the room document; ETag is its revision."""
        etag = f'"{doors.boot_id}-{room.document.rev}"'  # strong: the same bytes each time
        headers = {"ETag": etag, "Cache-Control": "no-cache"}
        if tags_of(if_none_match or "") & {etag, "*"}:
            return Response(status_code=304, headers=headers)
        _, body = encoding.document()
        return Response(body, media_type="application/json", headers=headers)

    names = "|".join(sorted(sections_of(room.document)))
    text = {"text/event-stream": {"schema": {"type": "string"}}}
    flowing: Answers = {200: {"description": "What happens, as it happens", "content": text}}

    @router.get(
        "/api/v1/events",
        tags=["events"],
        response_class=StreamingResponse,
        responses={**_ERRORS, **flowing},
    )
    @needs(Right.FOLLOW)
    async def events(
        request: Request,
        last_event_id: Annotated[str | None, Header()] = None,
        sections: str | None = Query(
            None,
            pattern=f"^({names})(,({names}))*$",
            max_length=1000,
            description="of these sections of the room document only, such as audio,meeting",
        ),
        pulse_s: int = Query(
            COMMENT_S, ge=1, le=COMMENT_S, description="seconds of silence at most"
        ),
    ) -> Response:
        """Stream what happens (Server-Sent Events), from Last-Event-ID on if it is still kept."""
        allowed = _still_allowed(request)
        wanted = None if sections is None else frozenset(sections.split(","))
        happening = stream(
            room, encoding, doors.boot_id, last_event_id, doors.ending, allowed, wanted, pulse_s
        )
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(happening, media_type="text/event-stream", headers=headers)


def _commands(router: APIRouter, doors: RouteContext) -> None:
    room = doors.room
    adapter = schema.command_reader(room.declared)
    record_of: Answers = {200: _answer("What became of it", "CommandRecord")}
    runs: Answers = {202: _answer("It still runs", "CommandRecord")}

    @router.post(
        COMMANDS,
        tags=["commands"],
        response_class=JSONResponse,
        responses={**_COMMAND_ERRORS, **record_of, **runs},
    )
    @needs(Right.FOLLOW)
    async def command(
        request: Request,
        body: Annotated[dict[str, Any], Body()],
        query: Annotated[schema.WaitQuery, Query()],
    ) -> Response:
        """Run a command; answers when it is done, or after `wait_s` seconds that it still runs."""
        asked = _read(body, adapter(), room)
        args = schema.arguments(asked)
        source = room.permissions.giver(asked.type, args, _sources(doors, request))
        record = room.submit(asked.type, args, source, asked.id)
        record = await room.finish(record, query.wait_s)
        return _outcome(doors, record)

    @router.get(
        f"{COMMANDS}/{{command_id}}",
        tags=["commands"],
        response_class=JSONResponse,
        responses={**_COMMAND_ERRORS, **record_of},
    )
    @needs(Right.FOLLOW)
    async def outcome(request: Request, command_id: InPath) -> Response:
        """Return how a command ended; if an id was used more than once, your own."""
        try:
            return JSONResponse(schema.record_json(room.command(command_id, _source(request))))
        except KeyError:
            why = f"no command {command_id!r} is known; the last 1000 are kept"
            raise Refused("room", "unknown_command", why) from None


def _reports(router: APIRouter, room: Room) -> None:
    @router.post(
        "/api/v1/occupancy/{sensor}",
        tags=["occupancy"],
        status_code=204,
        responses=refusals(404, 409, 429),
    )
    @needs(Right.REPORT)
    async def report(sensor: InPath, body: schema.ReportedOccupancy) -> Response:
        """Report what a sensor at `api:` sees; it counts until the next one, or for `max_age_s`."""
        room.occupancy.report(sensor, body.report)
        return Response(status_code=204)


def _answer(meaning: str, name: str) -> dict[str, Any]:
    """Describe an answer by one of `schema.components`."""
    return {"description": meaning, "content": {"application/json": schema.reference(name)}}


def _read(
    body: dict[str, Any], adapter: TypeAdapter[schema.CommandRequest], room: Room
) -> schema.CommandRequest:
    try:
        return adapter.validate_python(body)
    except ValidationError as error:
        room.tally.command(body.get("type"), CommandStatus.REFUSED)
        found = error.errors(include_url=False)
        raise RequestValidationError(
            [{**one, "loc": ("body", *one["loc"])} for one in found]
        ) from error


def _outcome(doors: RouteContext, record: CommandRecord) -> Response:
    shown = schema.record_json(record)
    if record.error is None:
        done = record.status is CommandStatus.DONE
        return JSONResponse(shown, 200 if done else 202)
    error = record.error
    params: dict[str, Any] = shown["error"]["params"]
    return problem(
        doors.status_of(error),
        error.code,
        error.detail,
        params,
        title=record.status.value,
        command=record.id,
    )


def _pairing(router: APIRouter, doors: RouteContext) -> None:
    @router.post("/api/v1/pair", tags=["panels"], status_code=204, responses=refusals(507))
    @needs(Right.PUBLIC)
    async def pair(request: Request, body: schema.Pairing) -> Response:
        """Turn this browser into a panel, by a token that works once."""
        paired = await doors.tokens.pair(body.token)
        if paired is None:
            raise HTTPException(403, "this pairing link was already used, or is too old")
        role, secret = paired
        request.state.source = doors.tokens.session(secret, role)
        response = Response(status_code=204)
        kept_s = VISIT_S if role is Role.GUEST else COOKIE_S
        response.set_cookie(
            doors.cookies[role],
            secret,
            max_age=int(kept_s),
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )
        return response

    @router.post("/api/v1/pairings", tags=["panels"], status_code=201, responses=_ERRORS)
    @needs(Right.ACCESS)
    async def offer(body: schema.NewPairing) -> schema.PairingLink:
        """Return a link that turns one browser into a panel, or a room screen, once."""
        page = {"panel": "/", "door": "/door", "screen": "/screen"}[body.role]
        token = doors.tokens.offer_pairing(Role(body.role))
        path, base = f"{page}#pair={token}", doors.phones.reached_at()
        pin = doors.room.document.identity.fingerprint
        link = None if base is None else pairing_link(base, path, pin)
        return schema.PairingLink(path=path, link=link, good_for_s=PAIRING_S)


def _sign_in(router: APIRouter, doors: RouteContext) -> None:
    """Let staff sign in with the accounts of the house, where there are any."""
    if doors.room.config.api.oidc is None:
        return
    from roomctl.api.sign_in import sign_in_routes

    config, clock = doors.room.config, doors.room.clock
    further = sign_in_routes(config, clock, doors.tokens, doors.cookies)
    router.routes.extend(further.routes)


def _phone(router: APIRouter, phones: PhonePairing) -> None:
    drawing = {"image/svg+xml": {"schema": {"type": "string"}}}
    drawn: Answers = {
        200: {"description": "The code, as a drawing", "content": drawing},
        204: {"description": "No phone can be a panel here"},
    }

    @router.get(
        "/api/v1/phone",
        tags=["panels"],
        response_class=Response,
        responses={**_ERRORS, **drawn},
    )
    @needs(Right.INVITE)
    async def phone() -> Response:
        """Return the QR code that makes one phone a panel; it changes every 30 s."""
        code = phones.code()
        headers = {"Cache-Control": "no-store"}
        if code is None:
            return Response(status_code=204, headers=headers)
        return Response(code, media_type="image/svg+xml", headers=headers)


def _sharing(router: APIRouter, room: Room) -> None:
    drawing = {"image/svg+xml": {"schema": {"type": "string"}}}
    drawn: Answers = {
        200: {"description": "The code, as a drawing", "content": drawing},
        204: {"description": "No call is under way, or nothing but this room can open it"},
    }

    @router.get(
        "/api/v1/meeting/code",
        tags=["panels"],
        response_class=Response,
        responses={**_ERRORS, **drawn},
    )
    @needs(Right.INVITE)
    async def code() -> Response:
        """Return the QR code of the link that opened the room's meeting, with its passcode."""
        link = room.meeting_link
        headers = {"Cache-Control": "no-store"}
        if link is None or len(link) > LONGEST_CODED:
            return Response(status_code=204, headers=headers)
        drawing = await in_thread(drawn_code, link)
        return Response(drawing, media_type="image/svg+xml", headers=headers)

    picture: dict[str, Any] = {kind: {} for kind in ("image/png", "image/jpeg", "image/webp")}
    shown: Answers = {200: {"description": "The picture", "content": picture}}

    @router.get(
        "/api/v1/share/picture",
        tags=["panels"],
        response_class=Response,
        responses={**refusals(404), **shown},
    )
    @needs(Right.LOOK)
    async def cable() -> Response:
        """Return the picture of the cable, as [share] of room.toml names it."""
        found = await in_thread(room.sharing.picture)
        if found is None:
            raise Refused("room", "no_picture", "[share] has no picture, or it cannot be read")
        data, kind = found
        return Response(data, media_type=kind, headers={"Cache-Control": "no-cache"})


def _live(router: APIRouter, doors: RouteContext, encoding: Encoding) -> None:
    @router.websocket("/api/v1/live")
    @needs(Right.LOOK)
    async def live(socket: WebSocket) -> None:
        hello = partial(_hello, doors, _source(socket))
        callers = partial(_sources, doors, socket)
        await Live(socket, doors.room, encoding, callers, hello, lambda: doors.staff.revision).run()


def _hello(doors: RouteContext, source: Source) -> schema.HelloReply:
    room, staff = doors.room.config.room, doors.staff.state(source)
    also = doors.staff.role_of(source)
    allowed = doors.room.permissions.commands_of
    may = [*allowed(source), *(allowed(also) if also else ())]
    return {
        "type": "hello",
        "boot_id": doors.boot_id,
        "ui_version": doors.ui_version,
        "server_time": doors.room.now().wall.isoformat(),
        "language": room.language,
        "phone": source.phone,
        "may": [*dict.fromkeys(may)],
        "staff": schema.as_json(staff),
        "sign_in": doors.room.config.api.oidc is not None or bool(doors.people.known),
        "kinds": [kind.name for kind in doors.room.plugins],
    }


def _source(request: HTTPConnection) -> Source:
    source: Source = request.state.source
    return source


def _still_allowed(request: HTTPConnection) -> Callable[[], bool]:
    """Return what tells whether who asked would still be let in: a visit ends."""
    source = _source(request)
    return lambda: source in request.state.now()


def _sources(doors: RouteContext, request: HTTPConnection) -> tuple[Source, ...]:
    """Return who asks, and whom the PIN made of him; nobody once a visit has ended."""
    source = _source(request)
    if source not in request.state.now():
        return ()
    also = doors.staff.role_of(source)
    return (source,) if also is None else (source, also)
