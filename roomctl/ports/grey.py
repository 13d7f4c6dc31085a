"""A picture made grey and small: `grey:WIDTHxHEIGHT`. A JPEG or PNG is written, levels are read.

It is decoded by a process of its own (`decoder`), one for each picture. Knows no camera.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import sys
import time

from roomctl.errors import PortClosed, PortError, PortReason
from roomctl.ports.address import Address
from roomctl.wire import Chunk, Identity

LIMIT_S = 10.0
_SIZE = re.compile("([1-9][0-9]?)x([1-9][0-9]?)")


def size_of(address: Address) -> tuple[int, int]:
    """Return width and height, 99 at most; PortError if it has none."""
    found = _SIZE.fullmatch(address.place)
    if found is None:
        raise address.refuse("is not grey:WIDTHxHEIGHT, such as grey:32x18")
    return int(found[1]), int(found[2])


async def open_port(address: Address) -> GreyPort:
    """Open it; nothing is started before the first picture."""
    return GreyPort(Identity(url=address.url, path="decoder"), size_of(address))


class GreyPort:
    """Decodes pictures, one after the other."""

    def __init__(self, identity: Identity, size: tuple[int, int]) -> None:
        self.identity, self._size = identity, size
        self._levels: bytes | None = None

    async def write(self, data: bytes) -> None:
        """Decode a picture; PortError: it is none, or nothing here can decode it (UNSUPPORTED)."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "roomctl.ports.decoder"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        asked = json.dumps({"still": [len(data), *self._size]}).encode() + b"\n"
        answer = b""
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LIMIT_S):
                    answer, _ = await process.communicate(asked + data)
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        head, _, levels = answer.partition(b"\n")
        url, said = self.identity.url, json.loads(head or b"{}")
        if "error" in said:
            raise PortError(url, str(said["error"]), PortReason(said["reason"]))
        if len(levels) != self._size[0] * self._size[1]:
            raise PortError(url, f"what decodes the picture has ended ({process.returncode})")
        self._levels = levels

    async def read(self) -> Chunk:
        """Return the levels of the picture that was written last, row by row."""
        levels, self._levels = self._levels, None
        if levels is None:
            raise PortClosed(self.identity.url, "no picture was written")
        return Chunk(levels, time.monotonic())

    async def close(self) -> None:
        self._levels = None
