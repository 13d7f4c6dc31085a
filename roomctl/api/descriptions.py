"""All that is known of a speakerphone: `GET /api/v1/speakerphones/NAME/description`.

While a room runs it holds the device, so who wants to describe it asks the room. Who may is the
guard's business: programs, with the API token.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from roomctl.api.problem import refusals
from roomctl.room import Room


def description_routes(room: Room) -> APIRouter:
    """Return the route to what is known of a room's speakerphones."""
    router = APIRouter()

    @router.get(
        "/api/v1/speakerphones/{speakerphone}/description",
        tags=["speakerphones"],
        response_class=JSONResponse,
        responses=refusals(404),
    )
    async def describe(speakerphone: str) -> dict[str, Any]:
        """Return ids, report descriptor, profile and the last 50 reports; never audio."""
        return room.speakerphone(speakerphone).as_object(room.now())

    return router
