"""A server that speaks the panel's protocol and does as a test says: silent, slow, or refusing.

Serves the real `web/` under the real Content-Security-Policy. Knows no device.
"""

from __future__ import annotations

import asyncio
import functools
import json
import mimetypes
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from socket import create_server
from typing import Any

import uvicorn
from fastapi import FastAPI, Request, WebSocket, WebSocketDisconnect
from fastapi.responses import HTMLResponse, JSONResponse, Response

WEB = Path(__file__).parents[2] / "web"
CSP = (
    "default-src 'self'; img-src 'self' blob: data:; connect-src 'self'; object-src 'none'; "
    "frame-ancestors 'none'"
)
LIMIT_S = 60.0  # of what takes a moment
NOTHING = "/healthz"  # a page that every room has, with nothing of it
Message = dict[str, Any]


class StandIn:
    """One room that a test scripts; its methods may be called from the test's thread."""

    def __init__(self, room: Message) -> None:
        self.room = deepcopy(room)
        self.rev = 1
        self.boot_id = "boot-1"
        self.beating = True
        self.paired = True
        self.reachable = True
        self.greeting = True
        self.guard_ms: int | None = 20  # before a panel believes a touch; None: its own time
        self.code: str | None = None
        self.cable: bytes | str = "no_picture"  # of the cable, or why there is none
        self.phone = False
        self.may: list[str] | None = None  # None: a server that does not say it
        self.sign_in = False  # whether staff have accounts
        self.staff: Message | None = None  # what a server says that knows of a PIN
        self.pin = ""
        self.wait_s = 0.0
        self.picture: bytes | str = "no_page"  # of the display, or why there is none
        self.looks: list[float] = []
        self.seen: list[str] = []  # the cameras whose picture was asked for
        self.view: bytes | str = "no_picture"  # of every camera, or why there is none
        self.steps: list[Message] = []  # of the page that is being shown
        self.kept: list[Message] = []  # pages that were shown
        self.answer: Callable[[Message], Message | None] = lambda command: {"status": "done"}
        self.heard: list[tuple[float, Message]] = []
        self.far: list[Message] = []
        self.acted: list[Message] = []
        self.time = now  # what the server calls the time
        self.catalogs: dict[str, Message] = {}  # by language, instead of those in web/
        self.url = ""
        self._sockets: set[WebSocket] = set()
        self._greeted = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def of_type(self, kind: str) -> list[Message]:
        return [message for _, message in list(self.heard) if message["type"] == kind]

    def commands(self, kind: str) -> list[Message]:
        asked = [message["command"] for message in self.of_type("command")]
        return [command["args"] for command in asked if command["type"] == kind]

    def patch(self, skip: int = 0, **sections: Any) -> None:
        """Change sections of the document and say so; `skip` leaves a gap in the revisions."""
        self.room.update(deepcopy(sections))
        self.rev += 1 + skip
        self.say({"type": "patch", "rev": self.rev, "set": sections})

    def say(self, message: Message) -> None:
        self._do(self._say, message)

    def cut(self) -> None:
        """Close every socket."""
        self._do(self._cut)

    def _do(self, work: Callable[..., Any], *args: Any) -> None:
        assert self._greeted.wait(LIMIT_S)  # a page shows *starting* before it is connected
        assert self._loop is not None
        asyncio.run_coroutine_threadsafe(work(*args), self._loop).result(LIMIT_S)

    async def _say(self, message: Message) -> None:
        for socket in list(self._sockets):
            with suppress(WebSocketDisconnect):  # its page has just gone, and hears all of it anew
                await socket.send_text(json.dumps(message))

    async def _cut(self) -> None:
        while self._sockets:
            with suppress(WebSocketDisconnect):
                await self._sockets.pop().close(1012)

    def snapshot(self) -> Message:
        return {"type": "snapshot", "rev": self.rev, "room": {**self.room, "rev": self.rev}}

    def _page(self, path: str) -> HTMLResponse:
        page = _file(path)
        assert page is not None
        if self.guard_ms is not None:
            page = page.replace(b"<html ", f'<html data-guard-ms="{self.guard_ms}" '.encode(), 1)
        return HTMLResponse(page)

    def hello(self) -> Message:
        hello = {"type": "hello", "boot_id": self.boot_id, "ui_version": "1", "phone": self.phone}
        hello |= {} if self.may is None else {"may": self.may}
        hello |= {} if self.staff is None else {"staff": self.staff}
        hello |= {"sign_in": True} if self.sign_in else {}
        return {**hello, "server_time": self.time(), "language": self.room["identity"]["language"]}

    async def _serve(self, socket: WebSocket) -> None:
        socket.state.greeted = None
        await self._greet(socket)
        if self.greeting:
            await socket.send_text(json.dumps(self.snapshot()))
        self._sockets.add(socket)
        self._greeted.set()
        beat = asyncio.create_task(self._beat(socket))
        try:
            while True:
                await self._take(socket, json.loads(await socket.receive_text()))
        except (WebSocketDisconnect, RuntimeError):
            self.heard.append((time.monotonic(), {"type": "gone"}))
        finally:
            beat.cancel()
            self._sockets.discard(socket)

    async def _greet(self, socket: WebSocket) -> None:
        """Say who is here and what he may, if that was not said yet: as each hello is answered."""
        hello = self.hello()
        known = {name: hello[name] for name in hello.keys() & {"may", "staff"}}
        if known != socket.state.greeted:
            socket.state.greeted = deepcopy(known)
            await socket.send_text(json.dumps(hello))

    async def _take(self, socket: WebSocket, message: Message) -> None:
        self.heard.append((time.monotonic(), message))
        match message["type"]:
            case "ping":
                await self._greet(socket)
                pong = {"type": "pong", "t": message["t"], "server_time": self.time()}
                if self.beating:
                    await socket.send_text(json.dumps(pong))
            case "snapshot":
                await socket.send_text(json.dumps(self.snapshot()))
            case "command":
                answer = self.answer(message["command"])
                if answer is not None:
                    ack = {"type": "ack", "id": message["id"], "error": None, **answer}
                    await socket.send_text(json.dumps(ack))

    async def _beat(self, socket: WebSocket) -> None:
        while True:
            await asyncio.sleep(0.5)
            if self.beating:
                await self._greet(socket)
                await socket.send_text(json.dumps({"type": "beat", "server_time": self.time()}))


def now() -> str:
    return datetime.now(UTC).isoformat()


@functools.cache
def _file(path: str) -> bytes | None:
    """Return a file of `web/`, or None if there is none; the files of one run are the same."""
    return (WEB / path).read_bytes() if (WEB / path).is_file() else None


def _app(shown: Callable[[], StandIn]) -> FastAPI:
    """Return what answers as the stand-in does that is shown when it is asked."""
    app = FastAPI(openapi_url=None)

    @app.get("/")
    async def panel() -> Response:
        return shown()._page("index.html")

    @app.get("/door")
    async def door() -> Response:
        return shown()._page("door.html")

    @app.get("/screen")
    async def screen() -> Response:
        return shown()._page("screen.html")

    @app.get("/api/v1/phone")
    async def phone() -> Response:
        code = shown().code
        kind = "image/svg+xml" if code else None
        return Response(code, 200 if code else 204, media_type=kind)

    @app.get("/api/v1/cameras/{camera}/picture")
    async def seen(camera: str) -> Response:
        one = shown()
        one.seen.append(camera)
        if isinstance(one.view, str):
            return JSONResponse({"code": one.view}, 409)
        return Response(one.view, media_type="image/png")

    @app.get("/api/v1/screen/picture")
    async def picture() -> Response:
        one = shown()
        one.looks.append(time.monotonic())
        if isinstance(one.picture, str):
            return JSONResponse({"code": one.picture}, 409)
        return Response(one.picture, media_type="image/png")

    @app.get("/api/v1/screen/walkthrough")
    async def draft() -> Response:
        return JSONResponse({"name": "draft", "steps": shown().steps})

    @app.get("/api/v1/screen/walkthrough/picked/picture")
    async def picked() -> Response:
        return Response(shown().picture, media_type="image/png")

    @app.get("/api/v1/screen/walkthrough/{step}/picture")
    async def control(step: int) -> Response:
        one = shown()
        assert isinstance(one.picture, bytes)
        return Response(one.picture, media_type="image/png")

    @app.get("/api/v1/walkthroughs")
    async def kept() -> Response:
        return JSONResponse(shown().kept)

    @app.delete("/api/v1/walkthroughs/{name}")
    async def forget(name: str) -> Response:
        one = shown()
        one.kept = [page for page in one.kept if page["name"] != name]
        return Response(status_code=204)

    @app.get("/api/v1/meeting/code")
    async def meeting_code() -> Response:
        one = shown()
        if one.code is None:
            return Response(status_code=204)
        return Response(one.code, media_type="image/svg+xml")

    @app.get("/api/v1/share/picture")
    async def cable() -> Response:
        one = shown()
        if isinstance(one.cable, str):
            return JSONResponse({"code": one.cable}, 404)
        return Response(one.cable, media_type="image/png")

    @app.get("/simulator")
    async def simulator() -> HTMLResponse:
        return HTMLResponse(_file("simulator.html"))

    @app.get(NOTHING)
    async def nothing() -> Response:
        return Response(media_type="text/plain")

    @app.get("/favicon.ico")
    async def favicon() -> Response:
        return Response(status_code=204)

    @app.get("/api/v1/room")
    async def room() -> Response:
        one = shown()
        return JSONResponse(one.room, 200 if one.paired else 401)

    @app.post("/api/v1/pair")
    async def pair(request: Request) -> Response:
        one = shown()
        token = (await request.json())["token"]
        one.paired = one.paired or token == "good"
        return Response(status_code=204 if token == "good" else 403)

    @app.get("/api/v1/staff")
    async def staff() -> Response:
        one = shown()
        return JSONResponse({**(one.staff or {}), "wait_s": one.wait_s})

    @app.post("/api/v1/staff")
    async def enter(request: Request) -> Response:
        one = shown()
        if one.wait_s or (await request.json())["pin"] != one.pin:
            code = "pin_wait" if one.wait_s else "wrong_pin"
            return JSONResponse({"code": code}, 429 if one.wait_s else 403)
        one.staff = {"pin": True, "role": "technician", "ends_in_s": 600.0}
        return JSONResponse({**one.staff, "wait_s": 0})

    @app.delete("/api/v1/staff")
    async def leave() -> Response:
        shown().staff = {"pin": True, "role": None, "ends_in_s": None}
        return Response(status_code=204)

    @app.get("/api/v1/simulator")
    async def described() -> Response:
        one = shown()
        return JSONResponse({"devices": one.far}, 200 if one.paired else 401)

    @app.get("/api/v1/simulator/words")
    async def words() -> Response:
        return JSONResponse({})

    @app.post("/api/v1/simulator")
    async def act(request: Request) -> Response:
        shown().acted.append(await request.json())
        return Response(status_code=204)

    @app.websocket("/api/v1/live")
    async def live(socket: WebSocket) -> None:
        one = shown()
        one._loop = asyncio.get_running_loop()
        await socket.accept()
        if not one.paired:
            return await socket.close(4401)
        if not one.reachable:
            return await socket.close(1013)
        await one._serve(socket)

    @app.get("/ui/i18n/{language}.json")
    async def catalog(language: str) -> Response:
        one = shown()
        if language in one.catalogs:
            return JSONResponse(one.catalogs[language])
        return Response(_file(f"i18n/{language}.json"), media_type="application/json")

    @app.get("/ui/{path:path}")
    async def file(path: str) -> Response:
        content = _file(path)
        if content is None:
            return Response(status_code=404)
        kind, _ = mimetypes.guess_type(path)
        return Response(content, media_type=kind, headers={"Cache-Control": "max-age=86400"})

    return app


class _Origin:
    """The one address of all stand-ins of a process: a browser keeps the files that it had from it.

    The stand-in that was set last answers; who is connected stays with the one that took the call.
    """

    def __init__(self) -> None:
        self.shown: list[tuple[StandIn, Any]] = []
        self.app = _app(lambda: self.shown[-1][0])
        listening = create_server(("127.0.0.1", 0), backlog=128)
        self.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        headers = [("Content-Security-Policy", CSP)]
        config = uvicorn.Config(
            self,
            log_level="critical",
            lifespan="off",
            ws="websockets-sansio",
            headers=headers,
        )
        served = uvicorn.Server(config).serve([listening])
        asyncio.run_coroutine_threadsafe(served, _loop())

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.shown[-1][1](scope, receive, send)


@functools.cache
def _origin() -> _Origin:
    return _Origin()


@functools.cache
def _loop() -> asyncio.AbstractEventLoop:
    """Return the loop that serves them all, from one thread, until the process ends."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="stand-in", daemon=True).start()
    return loop


@contextmanager
def serving(stand_in: StandIn, app: Any = None) -> Iterator[StandIn]:
    """Have `stand_in` answer at the address of them all: one at a time, and no page outlives it.

    An `app` that is not a room's answers in its place.
    """
    origin = _origin()
    stand_in.url = origin.url
    shown = (stand_in, app or origin.app)
    origin.shown.append(shown)
    try:
        yield stand_in
    finally:
        origin.shown.remove(shown)
