"""Asks a room nearby how it is: `GET /api/v1/room` of its API, with a token of that room.

A neighbour may be hostile, or another program at its address: it has to prove its key before the
token is sent, no redirect is followed, nothing compressed is read, and no more than 256 KiB within
5 s. By http only this box itself is asked (`config.NeighbourTable`).
"""

from __future__ import annotations

import asyncio
import ssl
from functools import cache

import httpcore

from roomctl import tls
from roomctl.booking.fetch import Pinned, addresses_of, trusted
from roomctl.config import NeighbourTable
from roomctl.errors import RoomctlError
from roomctl.wire import in_thread

LIMIT_S = 5.0  # for all of it
LARGEST = 256 * 1024  # bytes; a room document has some 20 KiB


async def ask(table: NeighbourTable, limit_s: float = LIMIT_S) -> bytes:
    """Return what the room says, as it came; RoomctlError says why there is nothing."""
    try:
        async with asyncio.timeout(limit_s):
            return await _answer(table)
    except (TimeoutError, httpcore.TimeoutException) as error:
        raise RoomctlError(f"no answer within {limit_s:g} s") from error
    except (httpcore.NetworkError, httpcore.ProtocolError, OSError, ValueError) as error:
        raise RoomctlError(_why(error)) from error


def _why(error: Exception) -> str:
    if tls.OTHER_KEY in str(error):
        return "has another key than its url says; nothing was sent"
    if "CERTIFICATE" in str(error).upper():
        return "no authority has signed its certificate; write #sha256:… (panel, Help) at its url"
    return f"cannot be reached ({type(error).__name__}); does it run, and is the url right?"


async def _answer(table: NeighbourTable) -> bytes:
    url = f"{table.base}/api/v1/room"
    addresses = await addresses_of(url)
    secure = await in_thread(_context, table.pin) if url.startswith("https:") else None
    timeouts = {"timeout": dict.fromkeys(("connect", "read", "write", "pool"), LIMIT_S)}
    headers = [
        ("User-Agent", "roomctl"),
        ("Accept", "application/json"),
        ("Accept-Encoding", "identity"),
        ("Authorization", f"Bearer {table.token.reveal()}"),
    ]
    async with (
        httpcore.AsyncConnectionPool(ssl_context=secure, network_backend=Pinned(addresses)) as pool,
        pool.stream("GET", url, headers=headers, extensions=timeouts) as response,
    ):
        if response.status != 200:
            raise RoomctlError(f"answered HTTP {response.status}; is its token still right?")
        data = bytearray()
        async for piece in response.aiter_stream():
            data += piece
            if len(data) > LARGEST:
                raise RoomctlError(f"its answer is larger than {LARGEST >> 10} KiB")
        return bytes(data)


@cache
def _context(pin: str) -> ssl.SSLContext:
    return tls.context(pin) if pin else trusted()
