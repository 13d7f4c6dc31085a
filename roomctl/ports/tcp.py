"""TCP connections: `tcp://HOST:PORT`. Knows no protocol."""

from __future__ import annotations

import asyncio
import socket

from roomctl.errors import PortError, PortReason
from roomctl.ports.address import Address
from roomctl.ports.stream import CONNECT_LIMIT_S, StreamPort, explained
from roomctl.wire import Identity

# A peer that lost its power says nothing: found dead after 5 + 3 * 2 s of silence, or as soon as
# data stands unacknowledged for 6 s.
_KEEPALIVE = (
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 5),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 2),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3),
    (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 6000),
    (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
)


async def open_port(address: Address) -> StreamPort:
    """Connect within 2 s; raise PortError saying whether nobody answers or nobody listens."""
    host, number = address.host_and_port()
    try:
        async with asyncio.timeout(CONNECT_LIMIT_S):
            reader, writer = await asyncio.open_connection(host, number)
    except TimeoutError as error:
        why = f"no answer within {CONNECT_LIMIT_S:g} s; is it powered and on this network?"
        raise PortError(address.url, why, PortReason.MISSING) from error
    except OSError as error:
        raise explained(
            address,
            error,
            missing=f"{host} cannot be reached",
            refused=f"{host} is there, but nothing listens on port {number}",
        ) from error
    for level, option, value in _KEEPALIVE:
        writer.get_extra_info("socket").setsockopt(level, option, value)
    return StreamPort(reader, writer, Identity(url=address.url, path=f"{host}:{number}"))
