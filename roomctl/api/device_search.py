"""Devices on the network, for a person who writes a room.toml: `POST /api/v1/config/search`.

One search at a time, four seconds each: it asks every device of the box's networks. What it finds
is told, and changes nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import asdict
from typing import Annotated

from pydantic import Field

from roomctl.api.problem import refusals
from roomctl.api.rights import Routes, needs
from roomctl.api.schema import ApiModel
from roomctl.errors import Refused, RoomctlError
from roomctl.roles import Right
from roomctl.room import Room
from roomctl.search import FoundDevice
from roomctl.search.found import hosts_of

SearchNetwork = Callable[[Collection[str]], Awaitable[Sequence[FoundDevice]]]
"""Searches the box's networks; hosts that are given are not asked themselves. RoomctlError."""


class FoundDeviceModel(ApiModel):
    """A device that answered a search. What it says of itself is not proven."""

    kind: Annotated[str, Field(description="its table in room.toml, such as camera")]
    host: Annotated[str, Field(description="IPv4 address that its answer came from")]
    protocols: Annotated[list[str], Field(description="what it answered, such as ONVIF")]
    urls: Annotated[
        list[str], Field(description="for room.toml, the best first; empty: nothing that fits")
    ]
    name: Annotated[str, Field(description="as somebody named it; empty: not known")]
    model: Annotated[str, Field(description="as it says, or its profile; empty: not known")]
    mac: Annotated[str, Field(description="MAC address, as it says; empty: not known")]
    profile: Annotated[str | None, Field(description="of its model; null: not known")]
    claims: Annotated[
        list[str], Field(description="other addresses that it says are its own; not used")
    ]
    in_network: Annotated[bool, Field(description="whether its address is on the box's networks")]
    verified: Annotated[bool, Field(description="whether it answered when it was asked itself")]
    needs_login: Annotated[bool, Field(description="whether it says more only after a login")]
    devices: Annotated[
        list[str], Field(description="devices of this room at its address, such as camera.front")
    ]


class FoundDevicesModel(ApiModel):
    """What a search found."""

    found: Annotated[list[FoundDeviceModel], Field(description="by kind, then by address")]


def search_routes(room: Room, search: SearchNetwork | None) -> Routes:
    """Return the route; `search` None: this program cannot search."""
    router, searching = Routes(), asyncio.Lock()

    @router.post("/api/v1/config/search", tags=["configuration"], responses=refusals(409, 429))
    @needs(Right.CONFIGURE)
    async def devices() -> FoundDevicesModel:
        """Search the box's networks for cameras and projectors; takes 4 s.

        Nothing is stored. Devices that this room controls already are not asked what they are.
        """
        if search is None:
            raise Refused("room", "no_search", "cannot search the network here")
        if searching.locked():
            raise Refused("room", "too_often", "another search is under way; wait for its end")
        async with searching:
            try:
                found = await search(hosts_of(room.urls.values()))
            except RoomctlError as error:
                raise Refused("room", "no_network", str(error)) from error
        return FoundDevicesModel(found=[_told(one, room) for one in found])

    return router


def _told(one: FoundDevice, room: Room) -> FoundDeviceModel:
    here = [name for name, url in room.urls.items() if one.host in hosts_of([url])]
    return FoundDeviceModel(**asdict(one), devices=here)
