"""The pages of a simulated room: its hardware's side, and the page that stands for a platform.

The simulator itself is handed in from outside. The demo meeting is served on an origin of its own.
Its page holds a real WebRTC call with itself, which proves no meeting, and sends its sound here and
gets it back: so media flow to somebody else, without any network.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, get_args

from fastapi import APIRouter, FastAPI, WebSocket
from fastapi.responses import FileResponse, Response

from roomctl.api import schema
from roomctl.api.problem import refusals
from roomctl.api.rights import Routes, needs
from roomctl.kind import Kind
from roomctl.roles import Right
from roomctl.words import Language, kind_words

_ACTION_ERRORS = refusals(404, 409, 500, 501, 502, 503, 504)

Argument = bool | int | float | str


class SimulatedDevices(Protocol):
    """The simulated devices of a room, as their page sees and moves them."""

    def describe(self) -> list[dict[str, object]]:
        """Return each simulated device: name, kind, plugged, state and actions."""
        ...

    async def act(self, device: str, action: str, args: Mapping[str, Argument]) -> None:
        """Do something to a simulated device; Refused names what is unknown."""
        ...


def simulator_routes(simulated: SimulatedDevices, kinds: Sequence[Kind] = ()) -> APIRouter:
    """Return the routes of a simulated room's devices; `kinds` are those that plug-ins bring."""
    router = Routes()

    @router.get("/api/v1/simulator", tags=["simulation"], responses=refusals())
    @needs(Right.SIMULATION)
    async def describe() -> dict[str, list[dict[str, Any]]]:
        """Return the simulated hardware as it is now."""
        devices = [_finite(device) for device in simulated.describe()]
        return {"devices": devices}

    @router.get("/api/v1/simulator/words", tags=["simulation"], responses=refusals())
    @needs(Right.SIMULATION)
    async def words() -> dict[str, dict[str, str]]:
        """Return what the kinds of plug-ins are called, by language and key of the page."""
        return {
            into: {
                key: text
                for kind in kinds
                for key, text in kind_words(kind.name, kind.words, into).items()
            }
            for into in get_args(Language)
        }

    @router.post(
        "/api/v1/simulator", tags=["simulation"], status_code=204, responses=_ACTION_ERRORS
    )
    @needs(Right.SIMULATION)
    async def act(body: schema.SimulatorAction) -> Response:
        """Do something to the simulated hardware."""
        await simulated.act(body.device, body.action, body.args)
        return Response(status_code=204)

    return router


def _finite(device: dict[str, object]) -> dict[str, Any]:
    shown: dict[str, Any] = schema.as_json(device)
    for key, value in shown.get("state", {}).items():
        if isinstance(value, float) and not math.isfinite(value):
            shown["state"][key] = None
    return shown


_DEMO_FILES = {"demo-meeting.js": "text/javascript", "demo-meeting.css": "text/css"}
_DEMO_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; media-src 'self' blob:",
    "Referrer-Policy": "no-referrer",
}


def create_demo_meeting(web: Path) -> FastAPI:
    """Return the app that serves the demo meeting's page under every room name."""
    app = FastAPI(openapi_url=None)

    @app.websocket("/echo")
    async def echo(socket: WebSocket) -> None:
        await socket.accept()
        # A text, and the end, have no bytes; what is too long never comes here.
        while (sound := (await socket.receive()).get("bytes")) is not None:
            await socket.send_bytes(sound)

    @app.get("/{name}")
    def page(name: str) -> Response:
        if name == "favicon.ico":
            return Response(status_code=404)
        file, kind = (
            (name, _DEMO_FILES[name]) if name in _DEMO_FILES else ("demo-meeting.html", "text/html")
        )
        return FileResponse(web / file, media_type=kind, headers=_DEMO_HEADERS)

    return app
