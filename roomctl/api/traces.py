"""The trace of a camera's line, to be downloaded: `GET /api/v1/cameras/NAME/trace`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict

from roomctl.api.problem import refusals
from roomctl.api.rights import Routes, needs
from roomctl.camera.tools import trace
from roomctl.clock import Moment
from roomctl.command import DeviceName
from roomctl.roles import Right
from roomctl.room import Room
from roomctl.wire import Record, in_thread

_MEDIA = {"text": "text/plain", "jsonl": "application/jsonl"}


class Form(BaseModel):
    """How a trace is to be written."""

    model_config = ConfigDict(extra="forbid")

    format: Literal["text", "jsonl"] = "text"


def trace_routes(room: Room) -> Routes:
    """Return the route to the traces of a room's cameras."""
    router = Routes()
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
    async def download(camera: DeviceName, query: Annotated[Form, Query()]) -> Response:
        """Return what was lately said on the line of a camera, with what it means; a file."""
        now, records = room.now(), room.cameras.trace(camera)
        profile = room.config.camera[camera].profile
        facts = {"camera": camera} | ({"profile": profile} if profile else {})
        body = await in_thread(_written, query.format, records, now, facts)
        ending = {"text": "trace", "jsonl": "jsonl"}[query.format]
        name = quote(f"{camera}-{now.wall:%Y%m%dT%H%M%SZ}.{ending}")
        headers = {
            "Content-Disposition": f"attachment; filename*=UTF-8''{name}",
            "Cache-Control": "no-store",
        }
        return Response(body, media_type=_MEDIA[query.format], headers=headers)

    return router


def _written(form: str, records: Iterable[Record], now: Moment, facts: Mapping[str, str]) -> str:
    if form == "jsonl":
        return "".join(f"{json.dumps(record)}\n" for record in trace.objects(records, now))
    return "".join(f"{line}\n" for line in trace.lines(records, now, facts))
