"""Where nothing is wired: `api:NAME`, for a sensor that others report through the API.

Its port is open and silent; what is reported reaches the device by the room. Knows no sensor.
"""

from __future__ import annotations

import asyncio

from roomctl.errors import PortClosed, PortError, PortReason
from roomctl.ports.address import Address
from roomctl.wire import Chunk, Identity


def name_of(address: Address) -> str:
    """Return the name that reports are for; PortError if there is none."""
    address.only(())
    if not address.place:
        raise address.refuse("has no name; write api:NAME, such as api:counter")
    return address.place


async def open_port(address: Address) -> ReportedPort:
    """Open the place that a name stands for; PortError if it has none."""
    return ReportedPort(Identity(url=address.url, path=name_of(address)))


class ReportedPort:
    """Open until it is closed; nothing comes by itself."""

    def __init__(self, identity: Identity) -> None:
        self.identity = identity
        self._closed = asyncio.Event()

    async def read(self) -> Chunk:
        await self._closed.wait()
        raise PortClosed(self.identity.url, "the port is closed")

    async def write(self, data: bytes) -> None:
        raise PortError(self.identity.url, "takes nothing", PortReason.UNSUPPORTED)

    async def close(self) -> None:
        self._closed.set()
