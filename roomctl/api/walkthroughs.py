"""What the room was shown of pages before meetings: a list, pictures, files out and in.

What is being shown now is on the display, and seen by whoever sees that.

A file holds small pictures of controls and what is done there, and nothing of a meeting. One that
comes in is read as strictly as one from the disk; it presses nothing that is not on the display.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Path
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from roomctl.api.problem import Answers, refusals
from roomctl.api.rights import Routes, needs
from roomctl.meeting.walkthrough import LARGEST_FILE
from roomctl.roles import Right
from roomctl.room import Room
from roomctl.room.walkthroughs import DRAFT, WalkthroughSummary

Known = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$", description="its name")]
Nth = Annotated[int, Path(ge=1, le=30, description="which one, counted from 1")]
_TOML = "application/toml"


class WalkthroughFile(BaseModel):
    """A walkthrough as a room has exported it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    file: str = Field(max_length=LARGEST_FILE, description="the exported file, TOML")


class TrustedKey(BaseModel):
    """The key that a room signs with from now on."""

    model_config = ConfigDict(extra="forbid", strict=True)

    room: str = Field(min_length=1, max_length=80, description="its id, as its files have it")
    fingerprint: str = Field(pattern=r"^sha256:[0-9a-f]{64}$", description="of its new key")


def walkthrough_routes(room: Room) -> Routes:
    """Return the routes to what the room was shown."""
    router, shown = Routes(), room.walkthroughs
    _reading(router, room)
    _draft(router, room)

    @router.put("/api/v1/walkthroughs/{name}", tags=["walkthroughs"], responses=refusals(409, 413))
    @needs(Right.CONFIGURE)
    async def bring(name: Known, body: WalkthroughFile) -> WalkthroughSummary:
        """Keep a walkthrough that another room has exported.

        It replaces one of that name from the same room. If another one has the name, it gets a new
        name, which the answer says. A room with another key than before is refused with
        `other_key`.
        """
        return await shown.brought(name, body.file.encode("utf-8"))

    @router.put(
        "/api/v1/walkthrough-signers",
        tags=["walkthroughs"],
        status_code=204,
        responses=refusals(409),
    )
    @needs(Right.CONFIGURE)
    async def trust(body: TrustedKey) -> Response:
        """Trust this key of another room from now on: files that it signed are accepted."""
        await shown.trust(body.room, body.fingerprint)
        return Response(status_code=204)

    @router.delete(
        "/api/v1/walkthroughs/{name}",
        tags=["walkthroughs"],
        status_code=204,
        responses=refusals(404),
    )
    @needs(Right.TEACH)
    async def forget(name: Known) -> Response:
        """Forget a walkthrough: people pass that page themselves again."""
        await shown.library.forget(name)
        return Response(status_code=204)

    return router


_DRAWN: Answers = {
    200: {
        "description": "The control as it was shown",
        "content": {"image/png": {"schema": {"type": "string", "format": "binary"}}},
    }
}


def _draft(router: Routes, room: Room) -> None:
    shown = room.walkthroughs

    @router.get("/api/v1/screen/walkthrough", tags=["walkthroughs"], responses=refusals(409))
    @needs(Right.DISPLAY)
    async def draft() -> WalkthroughSummary:
        """Return what is being shown now, with its steps so far."""
        return shown.summary(DRAFT)

    @router.get(
        "/api/v1/screen/walkthrough/picked/picture",
        tags=["walkthroughs"],
        response_class=Response,
        responses={**refusals(409), **_DRAWN},
    )
    @needs(Right.DISPLAY)
    async def picture_of_picked() -> Response:
        """Return the picked picture before it is named."""
        return _png(shown.picked().patch)

    @router.get(
        "/api/v1/screen/walkthrough/{step}/picture",
        tags=["walkthroughs"],
        response_class=Response,
        responses={**refusals(404, 409), **_DRAWN},
    )
    @needs(Right.DISPLAY)
    async def picture_of_draft(step: Nth) -> Response:
        """Return the picture of a step that is being shown, counted from 1."""
        return _png(shown.picture(DRAFT, step))


def _png(picture: bytes) -> Response:
    return Response(picture, media_type="image/png", headers={"Cache-Control": "no-store"})


def _reading(router: Routes, room: Room) -> None:
    shown = room.walkthroughs

    @router.get("/api/v1/walkthroughs", tags=["walkthroughs"], responses=refusals())
    @needs(Right.TEACH)
    async def listed() -> list[WalkthroughSummary]:
        """Return what the room was shown, by name, without pictures."""
        return shown.summaries()

    @router.get("/api/v1/walkthroughs/{name}", tags=["walkthroughs"], responses=refusals(404, 409))
    @needs(Right.TEACH)
    async def one(name: Known) -> WalkthroughSummary:
        """Return one walkthrough; `draft` is what is being shown now."""
        return shown.summary(name)

    @router.get(
        "/api/v1/walkthroughs/{name}/steps/{step}/pictures/{picture}",
        tags=["walkthroughs"],
        response_class=Response,
        responses={**refusals(404, 409), **_DRAWN},
    )
    @needs(Right.TEACH)
    async def picture(name: Known, step: Nth, picture: Nth) -> Response:
        """Return a picture of a step, both counted from 1: at most 240 × 96 pixels."""
        return _png(shown.picture(name, step, picture))

    written: Answers = {
        200: {"description": "A file", "content": {_TOML: {"schema": {"type": "string"}}}}
    }

    @router.get(
        "/api/v1/walkthroughs/{name}/file",
        tags=["walkthroughs"],
        response_class=Response,
        responses={**refusals(404, 409), **written},
    )
    @needs(Right.TEACH)
    async def export(name: Known) -> Response:
        """Return one as a file for other rooms, signed by the room that was shown it."""
        headers = {
            "Content-Disposition": f'attachment; filename="{name}.toml"',
            "Cache-Control": "no-store",
        }
        return Response(await shown.exported(name), media_type=_TOML, headers=headers)
