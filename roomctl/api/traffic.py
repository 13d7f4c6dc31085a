"""What comes in over HTTP, counted: requests and listeners. Knows no Prometheus."""

from __future__ import annotations

from collections import Counter

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from roomctl.clock import Clock
from roomctl.room.tally import OTHER, Histogram

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


class TrafficMiddleware:
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
