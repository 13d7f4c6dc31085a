"""What the room's display shows: `GET /api/v1/screen/picture`, for the room's own panel.

One picture for each request, so that nothing is taken while nobody looks.
"""

from __future__ import annotations

from fastapi.responses import Response

from roomctl.api.pictures import an_image
from roomctl.api.problem import refusals
from roomctl.api.rights import Routes, needs
from roomctl.roles import Right
from roomctl.room import Room


def screen_picture_routes(room: Room) -> Routes:
    """Return the route to the picture of a room's display."""
    router = Routes()

    @router.get(
        "/api/v1/screen/picture",
        tags=["panels"],
        response_class=Response,
        responses={**refusals(409, 502, 503, 504), **an_image("What the display shows now")},
    )
    @needs(Right.DISPLAY)
    async def picture() -> Response:
        """Return what the room's display shows in a meeting; to the room's own panel only."""
        found = await room.meeting.look()
        headers = {"Cache-Control": "no-store"}
        return Response(found.data, media_type=found.media_type, headers=headers)

    return router
