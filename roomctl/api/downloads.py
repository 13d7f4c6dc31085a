"""What can be fetched of one device beside the room document: pictures, descriptions, traces.

- `GET /api/v1/cameras/NAME/presets/N/picture`: what a camera saw; the document names its path.
- `GET /api/v1/cameras/NAME/trace`: what was lately said on its line.
- `GET /api/v1/cameras/NAME/picture`: what a camera sees while it is steered.
- `GET /api/v1/screen/picture`: what the display shows, for the room's own panel. One picture for
  each request, so that nothing is taken while nobody looks.
- `GET /api/v1/look/logo` and `wallpaper`: the brand of the house; the document names their paths.
- `GET /api/v1/speakerphones/NAME/description`: while a room runs it holds the device, so who wants
  to describe it asks the room.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import HTTPException, Path, Query
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from roomctl.api.problem import Answers, refusals
from roomctl.api.rights import Routes, needs
from roomctl.camera.profile import CameraTable
from roomctl.clock import Moment
from roomctl.command import DeviceName
from roomctl.roles import Right
from roomctl.room import Room
from roomctl.wire import Record, in_thread

_BINARY = {"schema": {"type": "string", "format": "binary"}}
# An SVG that is opened by itself runs nothing and fetches nothing.
_INERT = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox"}
_MEDIA = {"text": "text/plain", "jsonl": "application/jsonl"}


class TraceQuery(BaseModel):
    """How a trace is to be written."""

    model_config = ConfigDict(extra="forbid")

    format: Literal["text", "jsonl"] = "text"


class PictureQuery(BaseModel):
    """Which picture is wanted."""

    model_config = ConfigDict(extra="forbid")

    v: str = Field(default="", description="any text: another one is another picture to a cache")


def download_routes(room: Room) -> Routes:
    """Return the routes to what can be fetched of a room's devices."""
    router = Routes()
    _pictures(router, room)
    _brand(router, room)
    _description(router, room)
    _trace(router, room)
    return router


def _brand(router: Routes, room: Room) -> None:
    @router.get(
        "/api/v1/look/{picture}",
        tags=["status"],
        response_class=Response,
        responses={**refusals(404), **_an_image("The picture as its file has it")},
    )
    @needs(Right.LOOK)
    def of_the_house(
        picture: Annotated[Literal["logo", "wallpaper"], Path(description="which of them")],
        query: Annotated[PictureQuery, Query()],
    ) -> Response:
        """Return the logo or the wallpaper of [look]; `v` changes with the picture."""
        found = room.look.pictures.get(picture)
        if found is None:
            raise HTTPException(404, f"[look] names no {picture} that can be shown")
        headers = {"Cache-Control": "no-store", **_INERT}
        if query.v == found.version:
            headers["Cache-Control"] = "private, max-age=31536000, immutable"
        return Response(found.data, media_type=found.media_type, headers=headers)


def _pictures(router: Routes, room: Room) -> None:
    @router.get(
        "/api/v1/cameras/{camera}/presets/{preset}/picture",
        tags=["cameras"],
        response_class=Response,
        responses={**refusals(404), **_an_image("What the camera saw there")},
    )
    @needs(Right.PICTURES)
    async def of_preset(
        camera: DeviceName,
        preset: Annotated[int, Path(ge=1, le=999)],
        query: Annotated[PictureQuery, Query()],
    ) -> Response:
        """Return what a camera saw when a preset was stored; `v` changes with the picture."""
        found = await room.cameras.picture(camera, preset)
        kept = "private, max-age=31536000, immutable" if query.v else "no-store"
        headers = {"Cache-Control": kept}
        return Response(found.data, media_type=found.media_type, headers=headers)

    @router.get(
        "/api/v1/cameras/{camera}/picture",
        tags=["cameras"],
        response_class=Response,
        responses={**refusals(404, 409, 502), **_an_image("What the camera sees now")},
    )
    @needs(Right.VIEW)
    async def of_camera(camera: DeviceName) -> Response:
        """Return what a camera sees while somebody steers it, if no meeting has its video device.

        Waits for the next picture: at most ten a second, for at most eight viewers. 502: the camera
        is on the network, and gives no picture (video_missing, video_refused, video_unsupported).
        """
        found = await room.cameras.look(camera)
        headers = {"Cache-Control": "no-store"}
        return Response(found.data, media_type=found.media_type, headers=headers)

    @router.get(
        "/api/v1/screen/picture",
        tags=["panels"],
        response_class=Response,
        responses={**refusals(409, 502, 503, 504), **_an_image("What the display shows now")},
    )
    @needs(Right.DISPLAY)
    async def of_screen() -> Response:
        """Return what the room's display shows in a meeting; to the room's own panel only."""
        found = await room.meeting.look()
        headers = {"Cache-Control": "no-store"}
        return Response(found.data, media_type=found.media_type, headers=headers)


def _an_image(description: str) -> Answers:
    """Describe a route that answers with a picture."""
    content = {"image/jpeg": _BINARY, "image/png": _BINARY}
    return {200: {"description": description, "content": content}}


def _description(router: Routes, room: Room) -> None:
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


def _trace(router: Routes, room: Room) -> None:
    text = {media: {"schema": {"type": "string"}} for media in _MEDIA.values()}
    written: dict[int | str, dict[str, Any]] = {
        200: {"description": "What was lately said, a line for each chunk", "content": text}
    }

    @router.get(
        "/api/v1/cameras/{camera}/trace",
        tags=["cameras"],
        response_class=Response,
        responses={**refusals(404, 501), **written},
    )
    @needs(Right.SERVICE)
    async def download(camera: DeviceName, query: Annotated[TraceQuery, Query()]) -> Response:
        """Return the recent traffic of a camera's line, explained, as a file."""
        now, records = room.now(), room.cameras.trace(camera)
        profile = room.config.every(CameraTable)[camera].profile
        facts = {"camera": camera} | ({"profile": profile} if profile else {})
        body = await in_thread(_written, query.format, records, now, facts)
        ending = {"text": "trace", "jsonl": "jsonl"}[query.format]
        name = quote(f"{camera}-{now.wall:%Y%m%dT%H%M%SZ}.{ending}")
        headers = {
            "Content-Disposition": f"attachment; filename*=UTF-8''{name}",
            "Cache-Control": "no-store",
        }
        return Response(body, media_type=_MEDIA[query.format], headers=headers)


def _written(form: str, records: Iterable[Record], now: Moment, facts: Mapping[str, str]) -> str:
    from roomctl.camera.tools import trace  # no start needs it

    if form == "jsonl":
        return "".join(f"{json.dumps(record)}\n" for record in trace.objects(records, now))
    return "".join(f"{line}\n" for line in trace.lines(records, now, facts))
