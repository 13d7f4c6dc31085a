"""Unix sockets: `unix:/path`, with the uid of whoever serves it. Knows no protocol."""

from __future__ import annotations

import asyncio
import socket
import struct

from roomctl.errors import PortError, PortReason
from roomctl.ports.address import Address
from roomctl.ports.stream import CONNECT_LIMIT_S, StreamPort, explained
from roomctl.wire import Identity

_UCRED = struct.Struct("3i")  # pid, uid, gid: unix(7), SO_PEERCRED
_LONGEST_PATH = 107  # sun_path less its final zero: unix(7)


async def open_port(address: Address) -> StreamPort:
    """Connect to the socket at an absolute path; `identity.peer_uid` tells who serves it."""
    address.only(())
    path = address.place
    if not path.startswith("/") or len(path.encode()) > _LONGEST_PATH:
        raise address.refuse(f"is not unix:/PATH with at most {_LONGEST_PATH} bytes of path")
    try:
        async with asyncio.timeout(CONNECT_LIMIT_S):
            reader, writer = await asyncio.open_unix_connection(path)
    except TimeoutError as error:
        why = f"{path} accepted nothing within {CONNECT_LIMIT_S:g} s"
        raise PortError(address.url, why, PortReason.BUSY) from error
    except OSError as error:
        raise explained(
            address,
            error,
            missing=f"there is no socket {path}; is its program running?",
            refused=f"{path} is a dead socket; its program is not running",
        ) from error
    peer: socket.socket = writer.get_extra_info("socket")
    credentials = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size)
    _, uid, _ = _UCRED.unpack(credentials)
    return StreamPort(reader, writer, Identity(url=address.url, path=path, peer_uid=uid))
