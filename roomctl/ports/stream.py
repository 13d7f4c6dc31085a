"""A byte stream over a socket: what `tcp` and `unix` ports have in common.

Knows no address. Message boundaries are the machine's business: a chunk is what came in together.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import time

from roomctl.errors import PortClosed, PortError, PortReason
from roomctl.ports.address import Address
from roomctl.wire import Chunk, Identity

CONNECT_LIMIT_S = 2.0
_WRITE_LIMIT_S = 2.0
_CLOSE_LIMIT_S = 1.0
_MOST = 65536  # bytes in one chunk


class StreamPort:
    """A connected stream socket."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, identity: Identity
    ) -> None:
        self.identity = identity
        self._reader, self._writer = reader, writer
        self._gone: str | None = None

    async def read(self) -> Chunk:
        self._refuse_if_gone()
        try:
            data = await self._reader.read(_MOST)
        except OSError as error:
            raise self._lost(f"the connection broke ({error})") from error
        if not data:
            raise self._lost("the other end hung up")
        return Chunk(data, time.monotonic())

    async def write(self, data: bytes) -> None:
        self._refuse_if_gone()
        if self._writer.is_closing() or self._reader.at_eof():
            raise self._lost("the other end hung up")
        try:
            self._writer.write(data)
            async with asyncio.timeout(_WRITE_LIMIT_S):
                await self._writer.drain()
        except TimeoutError as error:
            # What stands in the buffer could still go out much later, so the wire has to go.
            self._writer.transport.abort()
            why = f"the other end took no data for {_WRITE_LIMIT_S:g} s"
            raise self._lost(why) from error
        except OSError as error:
            raise self._lost(f"the connection broke ({error})") from error

    async def close(self) -> None:
        self._gone = self._gone or "the port is closed"
        self._writer.close()
        try:
            with contextlib.suppress(OSError):
                async with asyncio.timeout(_CLOSE_LIMIT_S):
                    await self._writer.wait_closed()
        finally:
            self._writer.transport.abort()

    def _lost(self, why: str) -> PortClosed:
        self._gone = self._gone or why
        return PortClosed(self.identity.url, self._gone)

    def _refuse_if_gone(self) -> None:
        if self._gone is not None:
            raise PortClosed(self.identity.url, self._gone)


def explained(address: Address, error: OSError, missing: str, refused: str) -> PortError:
    """Say why a socket could not be opened: nobody there, nobody listening, or no permission."""
    if error.errno == errno.ECONNREFUSED:
        return PortError(address.url, refused, PortReason.REFUSED)
    if error.errno in (errno.EACCES, errno.EPERM):
        why = f"no permission ({error.strerror})"
        return PortError(address.url, why, PortReason.PERMISSION)
    return PortError(address.url, f"{missing} ({error.strerror or error})", PortReason.MISSING)
