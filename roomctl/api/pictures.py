"""The pictures of presets: `GET /api/v1/cameras/NAME/presets/N/picture`.

The room document names each by its path.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Path
from fastapi.responses import Response

from roomctl.api.problem import Answers, refusals
from roomctl.api.rights import Routes, needs
from roomctl.command import DeviceName
from roomctl.roles import Right
from roomctl.room import Room

_BINARY = {"schema": {"type": "string", "format": "binary"}}


def an_image(description: str) -> Answers:
    """Describe a route that answers with a picture."""
    content = {"image/jpeg": _BINARY, "image/png": _BINARY}
    return {200: {"description": description, "content": content}}


def picture_routes(room: Room) -> Routes:
    """Return the route to the pictures of a room's presets."""
    router = Routes()

    @router.get(
        "/api/v1/cameras/{camera}/presets/{preset}/picture",
        tags=["cameras"],
        response_class=Response,
        responses={**refusals(404), **an_image("What the camera saw there")},
    )
    @needs(Right.PICTURES)
    async def picture(
        camera: DeviceName, preset: Annotated[int, Path(ge=1, le=999)], v: str = ""
    ) -> Response:
        """Return what a camera saw when a preset was stored; `v` changes with the picture."""
        found = await room.cameras.picture(camera, preset)
        headers = {"Cache-Control": "private, max-age=31536000, immutable" if v else "no-store"}
        return Response(found.data, media_type=found.media_type, headers=headers)

    return router
