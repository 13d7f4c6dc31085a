"""`GET /metrics`: the room for Prometheus.

What is told stands in `api.exposition`, which brings a library that most rooms never need: it is
imported when somebody first asks. Knows no token.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi.responses import Response

from roomctl.api.problem import Answers, refusals
from roomctl.api.rights import Routes, needs
from roomctl.api.traffic import Traffic
from roomctl.roles import Right
from roomctl.room import Room
from roomctl.wire import in_thread

if TYPE_CHECKING:
    from roomctl.api.exposition import Exposition

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


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
