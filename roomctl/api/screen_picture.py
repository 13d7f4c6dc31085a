"""What the room's display shows: `GET /api/v1/screen/picture`, for the room's own panel.

One picture for each request, so that nothing is taken while nobody looks. Who may have it is the
room's business.
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from roomctl.api.pictures import an_image
from roomctl.api.problem import refusals
from roomctl.room import Room, Source


def screen_picture_routes(room: Room) -> APIRouter:
    """Return the route to the picture of a room's display."""
    router = APIRouter()

    @router.get(
        "/api/v1/screen/picture",
        tags=["panels"],
        response_class=Response,
        responses={**refusals(409, 502, 503, 504), **an_image("What the display shows now")},
    )
    async def picture(request: Request) -> Response:
        """Return what the room's display shows in a meeting; to the room's own panel only."""
        source: Source = request.state.source
        found = await room.relay.look(source)
        headers = {"Cache-Control": "no-store"}
        return Response(found.data, media_type=found.media_type, headers=headers)

    return router
