"""`GET /metrics`: the room for Prometheus; and what comes in over HTTP, counted for it.

What is told stands in `api.exposition`, which brings a library that most rooms never need: it is
imported when somebody first asks. Knows no token.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from fastapi.responses import Response
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from roomctl.api.problem import Answers, refusals
from roomctl.api.rights import Routes, needs
from roomctl.clock import Clock
from roomctl.roles import Right
from roomctl.room import Room
from roomctl.room.tally import OTHER, Histogram
from roomctl.wire import in_thread

if TYPE_CHECKING:
    from roomctl.api.exposition import Exposition

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
EVENTS, LIVE = "events", "live"  # streams of events, sockets of panels


class Traffic:
    """What comes in: requests by route and class of status, and who is connected to listen."""

    def __init__(self) -> None:
        self.requests: Counter[tuple[str, str]] = Counter()
        self.response_s = Histogram()
        self.clients = Counter({EVENTS: 0, LIVE: 0})

    def answered(self, scope: Scope, status: int, took_s: float) -> None:
        """Count an answer that begins, `took_s` after its request."""
        self.requests[_template(scope), f"{status // 100}xx"] += 1
        self.response_s.add(took_s)


class Counting:
    """ASGI middleware that counts what comes in, before anything is refused."""

    def __init__(self, app: ASGIApp, traffic: Traffic, clock: Clock) -> None:
        self._app, self._traffic, self._clock = app, traffic, clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        began_s, traffic = self._clock.mono_s(), self._traffic
        listens: str | None = None
        answered = scope["type"] == "websocket"  # which has no status

        async def sending(message: Message) -> None:
            nonlocal answered, listens
            if message["type"] == "http.response.start":
                answered = True
                traffic.answered(scope, message["status"], self._clock.mono_s() - began_s)
            if listens is None and (listens := _listens(message)) is not None:
                traffic.clients[listens] += 1
            await send(message)

        try:
            await self._app(scope, receive, sending)
        finally:
            if listens is not None:
                traffic.clients[listens] -= 1
            if not answered:  # whoever asked is gone, or a fault is answered further out
                traffic.answered(scope, 500, self._clock.mono_s() - began_s)


def _listens(message: Message) -> str | None:
    """Return what kind of listener an answer makes of whoever asked."""
    if message["type"] == "websocket.accept":
        return LIVE
    if message["type"] != "http.response.start":
        return None
    kind = MutableHeaders(scope={"headers": list(message.get("headers", ()))}).get("content-type")
    return EVENTS if (kind or "").startswith("text/event-stream") else None


def _template(scope: Scope) -> str:
    """Return the path of the route that was chosen, as it was declared: never what was asked."""
    path = getattr(scope.get("route"), "path", None)
    if not isinstance(path, str):
        return OTHER
    return "/ui" if path.startswith("/ui") else path  # one of them has the panel's version


def metrics_routes(room: Room, traffic: Traffic) -> Routes:
    """Return the route for Prometheus."""
    router, began = Routes(), room.now()
    made: list[Exposition] = []
    text = {"text/plain": {"schema": {"type": "string"}}}
    written: Answers = {200: {"description": "Prometheus' text format 0.0.4", "content": text}}

    @router.get(
        "/metrics",
        tags=["diagnostics"],
        response_class=Response,
        responses={**refusals(), **written},
    )
    @needs(Right.STATISTICS)
    async def metrics() -> Response:
        """Return the room in numbers, for Prometheus: never a title, a name or a link."""
        if not made:
            made.append(await in_thread(_exposition, room, traffic, began.mono_s))
        headers = {"Cache-Control": "no-store", "Content-Type": CONTENT_TYPE}
        return Response(made[0].text(), headers=headers)

    return router


def _exposition(room: Room, traffic: Traffic, began_s: float) -> Exposition:
    from roomctl.api.exposition import Exposition  # 0.1 s and 2 MB that the start need not have

    return Exposition(room, traffic, began_s)
