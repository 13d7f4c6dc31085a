"""All that is known of a speakerphone: `GET /api/v1/speakerphones/NAME/description`.

While a room runs it holds the device, so who wants to describe it asks the room.
"""

from __future__ import annotations

from typing import Any

from fastapi.responses import JSONResponse

from roomctl.api.problem import refusals
from roomctl.api.rights import Routes, needs
from roomctl.command import DeviceName
from roomctl.roles import Right
from roomctl.room import Room


def description_routes(room: Room) -> Routes:
    """Return the route to what is known of a room's speakerphones."""
    router = Routes()

    @router.get(
        "/api/v1/speakerphones/{speakerphone}/description",
        tags=["speakerphones"],
        response_class=JSONResponse,
        responses=refusals(404),
    )
    @needs(Right.SERVICE)
    async def describe(speakerphone: DeviceName) -> dict[str, Any]:
        """Return ids, report descriptor, profile and the last 50 reports; never audio."""
        return room.audio.description(speakerphone).as_object(room.now())

    return router
