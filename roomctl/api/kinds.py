"""The kinds of devices that plug-ins bring, for whatever shows devices that it does not know.

Made from the kinds' own declarations (`feature`). Knows no kind.
"""

from __future__ import annotations

from typing import Annotated, get_args

from pydantic import Field

from roomctl.api.problem import refusals
from roomctl.api.rights import Routes, needs
from roomctl.api.schema import ApiModel
from roomctl.feature import Feature, KindControl, controls_of, features_of
from roomctl.kind import Kind
from roomctl.roles import Right
from roomctl.room import Room
from roomctl.wire import in_thread
from roomctl.words import Language, kind_words


class KindModel(ApiModel):
    """A kind of device that a plug-in brings: what it says, and what can be done to it."""

    name: Annotated[str, Field(description="its table in room.toml; its section, if it has fields")]
    plugin: Annotated[str, Field(description="the distribution that brings it, with its version")]
    fields: Annotated[tuple[Feature, ...], Field(description="what its section says of a device")]
    controls: Annotated[tuple[KindControl, ...], Field(description="in the order of its code")]
    words: Annotated[
        dict[str, dict[str, str]],
        Field(description="what people read, by language and key of the panel"),
    ]


def kind_routes(room: Room) -> Routes:
    """Return the route to the kinds that plug-ins bring."""
    router = Routes()

    @router.get("/api/v1/kinds", tags=["status"], responses=refusals())
    @needs(Right.LOOK)
    async def kinds() -> list[KindModel]:
        """Return the kinds of devices that plug-ins bring to this room, with their words."""
        return await in_thread(_described, room.plugins)

    return router


def _described(kinds: tuple[Kind, ...]) -> list[KindModel]:
    return [
        KindModel(
            name=kind.name,
            plugin=kind.plugin,
            fields=features_of(kind.entry) if kind.entry is not None else (),
            controls=controls_of(kind),
            words={into: kind_words(kind.name, kind.words, into) for into in get_args(Language)},
        )
        for kind in kinds
    ]
