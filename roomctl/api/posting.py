"""Sends bytes to an operator's url by HTTP, once, and no further than it says.

It may lead anywhere by https; by http to this box and to private addresses only: the name is
resolved once, and the connection goes to what was looked at. No redirect is followed, and of an
answer so much is read as is asked for, as it comes.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Sequence
from urllib.parse import urlsplit

import httpcore

from roomctl.booking.fetch import Pinned, addresses_of, trusted
from roomctl.booking.refusals import certificate_fault
from roomctl.errors import RoomctlError
from roomctl.wire import in_thread

LIMIT_S = 10.0  # for all of it


async def posted(
    url: str,
    headers: Sequence[tuple[str, str]],
    body: bytes,
    limit_s: float = LIMIT_S,
    largest: int = 0,
) -> tuple[int, bytes]:
    """Return the status, and the first `largest` bytes of the answer.

    RoomctlError names the host, and why there is none within `limit_s`; never the rest of a url.
    """
    host = urlsplit(url).hostname or ""
    try:
        async with asyncio.timeout(limit_s):
            return await _answer(url, host, headers, body, largest)
    except (TimeoutError, httpcore.TimeoutException) as error:
        raise RoomctlError(f"{host}: no answer within {limit_s:g} s") from error
    except (httpcore.NetworkError, httpcore.ProtocolError, OSError, ValueError) as error:
        if (fault := certificate_fault(error)) is not None:
            raise RoomctlError(f"{host}: {fault}") from error
        why = f"{host}: cannot be reached ({type(error).__name__}); is the url right?"
        raise RoomctlError(why) from error


async def _answer(
    url: str, host: str, headers: Sequence[tuple[str, str]], body: bytes, largest: int
) -> tuple[int, bytes]:
    addresses = await addresses_of(url)
    plain = urlsplit(url).scheme == "http"  # however it is written
    if plain:
        refuse_public(host, addresses, "https")
    timeouts = {"timeout": dict.fromkeys(("connect", "read", "write", "pool"), LIMIT_S)}
    async with (
        httpcore.AsyncConnectionPool(
            ssl_context=None if plain else await in_thread(trusted),
            network_backend=Pinned(addresses),
        ) as pool,
        pool.stream("POST", url, headers=[*headers], content=body, extensions=timeouts) as response,
    ):
        data = bytearray()
        if largest:
            async for piece in response.aiter_stream():
                data += piece
                if len(data) >= largest:
                    break
        return response.status, bytes(data[:largest])


def refuse_public(host: str, addresses: Sequence[str], safe: str) -> None:
    """Raise RoomctlError unless every address is of this box or of a private network."""
    found = map(ipaddress.ip_address, addresses)
    if not all(one.is_loopback or one.is_private for one in found):
        raise RoomctlError(f"{host}: is on the public internet, where only {safe} is used")
