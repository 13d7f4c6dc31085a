"""The web server of one room: panel, API, documentation, and the table of HTTP statuses.

The only module that knows which error is which status.
"""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response
from starlette.exceptions import HTTPException

from roomctl import __version__
from roomctl.api.auth import NotStored, Tokens
from roomctl.api.configuration import RunningConfig
from roomctl.api.device_search import SearchNetwork
from roomctl.api.guard import Guard, cookie_name
from roomctl.api.openapi import describe
from roomctl.api.people import StaffAccounts
from roomctl.api.phone import PhonePairing
from roomctl.api.problem import problem
from roomctl.api.proxies import Proxies
from roomctl.api.recent_log import RecentLog
from roomctl.api.rights import NOBODY, Denied, PublicFiles, RightRoute, Routes, demand_rights, needs
from roomctl.api.routes import RouteContext, routes
from roomctl.api.simulation import SimulatedDevices, simulator_routes
from roomctl.api.staff import Staff
from roomctl.api.traffic import Traffic, TrafficMiddleware
from roomctl.errors import RoomctlError
from roomctl.roles import Right, Role
from roomctl.room import Room
from roomctl.room.commands import Failure, failure
from roomctl.store import AppliedConfigs

_STATUS = {
    "unknown_command": 404,
    "unknown_device": 404,
    "unknown_booking": 404,
    "unknown_report": 404,
    "unknown_alert": 404,
    "unknown_sensor": 404,
    "too_often": 429,
    "reported_often": 429,
    "unknown_favourite": 404,
    "unknown_platform": 404,
    "unknown_action": 404,
    "unknown_session": 404,
    "unknown_token": 404,
    "no_picture": 404,
    "video_missing": 502,
    "video_refused": 502,
    "video_unsupported": 502,
    "wrong_pin": 403,
    "pin_wait": 429,
    "wrong_password": 403,
    "password_wait": 429,
    "unknown_person": 404,
    "invalid": 422,
    "unknown_revision": 404,
    "config_newer": 412,
    "config_redacted": 422,
    "unknown_walkthrough": 404,
    "nothing_to_undo": 409,
    "unmute_in_room_only": 403,
    "programs_only": 403,
    "in_room_only": 403,
    "room_panel_only": 403,
    "not_allowed": 403,
    "nobody_in_room": 403,
    "unsupported": 501,
    "offline": 503,
    "no_screen": 503,
    "no_reply": 504,
    "unknown_outcome": 504,
    "shutting_down": 503,
    "internal": 500,
    "failed": 502,
    "device": 502,
    "meeting": 502,
}


_CODES = {403: "pairing", 404: "not_found", 405: "method_not_allowed", 413: "too_large"}


def http_status(why: Failure) -> int:
    """Return the HTTP status of a failure: Refused is 409, a port that is gone 503."""
    if why.code.startswith("port."):
        return 503
    return _STATUS.get(why.code, 409)


def create_app(
    room: Room,
    tokens: Tokens,
    staff: Staff,
    web: Path,
    *,
    boot_id: str,
    port: int,
    simulated: SimulatedDevices | None = None,
    log: RecentLog | None = None,
    configs: AppliedConfigs | None = None,
    live: RunningConfig | None = None,
    search: SearchNetwork | None = None,
) -> FastAPI:
    """Return the app of `room`; `web` holds the panel, `simulated` is given by a simulator.

    `log` is what was lately logged, `configs` what was applied from afar, `live` what has the
    room run another room.toml, `search` what looks for devices on the network.

    Set `app.state.ending` before the server stops: what has no end of its own then ends.
    """
    ui_version = _version_of(web)
    cookies = {role: cookie_name(f"roomctl_{port}", role) for role in Role}
    ending = asyncio.Event()
    log = log or RecentLog()
    phones = PhonePairing(lambda: room.config, port, tokens, room.clock)
    traffic = Traffic()
    doors = RouteContext(
        room,
        tokens,
        staff,
        StaffAccounts(tokens.store, room.clock, tokens.sign_out_person),
        boot_id,
        ui_version,
        cookies,
        http_status,
        ending,
        phones,
        log,
        configs,
        live,
        traffic,
        search,
    )
    app = FastAPI(
        title="roomctl",
        version=__version__,
        summary="A meeting-room controller that belongs to no meeting vendor",
        openapi_url=None,  # its routes would ask for no right; `describe` adds ours
        redirect_slashes=False,
    )
    app.router.route_class = RightRoute
    app.state.ending = ending
    app.state.note, app.state.note_durably = room.audit.note, room.audit.note_durably
    app.routes.extend(routes(doors).routes)  # include_router would make each of them again
    if simulated is not None:
        app.routes.extend(simulator_routes(simulated, room.plugins).routes)
    _pages(app, web, ui_version, with_simulator=simulated is not None)
    _problems(app)
    describe(app, room)
    demand_rights(app.routes)
    app.add_middleware(
        Guard,
        tokens=tokens,
        staff=staff,
        hosts=(*room.config.api.hosts, *phones.hosts),
        cookie=f"roomctl_{port}",
        proxies=Proxies(room.config.api.trusted_proxies),
    )
    # Outermost: it sees refusals.
    app.add_middleware(TrafficMiddleware, traffic=traffic, clock=room.clock)
    return app


def _pages(app: FastAPI, web: Path, ui_version: str, *, with_simulator: bool) -> None:
    """Serve the panel's files; under its version they may be kept for ever."""

    def page(name: str) -> Response:
        text = (web / name).read_text(encoding="utf-8")
        text = text.replace('"/ui/', f'"/ui/{ui_version}/')
        return HTMLResponse(text, headers={"Cache-Control": "no-cache"})

    routes = Routes()

    @routes.get("/", include_in_schema=False)
    @needs(Right.PUBLIC)
    def panel() -> Response:
        return page("index.html")

    @routes.get("/screen", include_in_schema=False)
    @needs(Right.PUBLIC)
    def screen() -> Response:
        return page("screen.html")

    @routes.get("/door", include_in_schema=False)
    @needs(Right.PUBLIC)
    def door() -> Response:
        return page("door.html")

    @routes.get("/facilities", include_in_schema=False)
    @needs(Right.PUBLIC)
    def facilities() -> Response:
        return page("facilities.html")

    if with_simulator:

        @routes.get("/simulator", include_in_schema=False)
        @needs(Right.PUBLIC)
        def simulator() -> Response:
            return page("simulator.html")

    @routes.get("/favicon.ico", include_in_schema=False)
    @needs(Right.PUBLIC)
    def favicon() -> Response:
        return Response(status_code=204)

    app.routes.extend(routes.routes)
    app.mount(f"/ui/{ui_version}", _Forever(directory=web))
    app.mount("/ui", PublicFiles(directory=web))


class _Forever(PublicFiles):
    """Files whose path changes when they do."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:  # noqa: ANN401 - Starlette's
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "max-age=31536000, immutable"
        return response


def _problems(app: FastAPI) -> None:
    """Answer every error as application/problem+json."""

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        why = {"where": where, "why": str(first["msg"])}
        return problem(422, "invalid", f"{where}: {first['msg']}", why)

    @app.exception_handler(Denied)
    async def denied(request: Request, error: Denied) -> JSONResponse:
        return _nobody() if error.denial is None else problem(403, error.denial.code, str(error))

    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> JSONResponse:
        state = request.state
        if error.status_code in (404, 405) and not (
            state.callers or getattr(state, "known_path", False)
        ):
            return _nobody()  # who has no right learns not even what there is
        code = _CODES.get(error.status_code, "http")
        response = problem(error.status_code, code, str(error.detail))
        response.headers.update(error.headers or {})
        return response

    @app.exception_handler(NotStored)
    async def not_stored(request: Request, error: NotStored) -> JSONResponse:
        return problem(507, "storage", str(error))

    @app.exception_handler(RoomctlError)
    async def failed(request: Request, error: RoomctlError) -> JSONResponse:
        _, why = failure(error)
        return problem(http_status(why), why.code, why.detail, why.params)

    @app.exception_handler(Exception)
    async def faulty(request: Request, error: Exception) -> JSONResponse:
        return problem(500, "internal", "a fault of roomctl's own; its log says which")


def _nobody() -> JSONResponse:
    headers = {"Cache-Control": "no-store", "WWW-Authenticate": "Bearer"}
    answer = problem(401, "unauthorized", NOBODY)
    answer.headers.update(headers)
    return answer


def _version_of(web: Path) -> str:
    """Return 12 hex digits that change when any file of the panel does."""
    digest = hashlib.sha256()
    for path in sorted(path for path in web.rglob("*") if path.is_file()):
        digest.update(str(path.relative_to(web)).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
