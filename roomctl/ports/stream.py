"""A byte stream over a socket: `tcp://HOST:PORT` and `unix:/path`. Knows no protocol.

A Unix socket tells the uid of whoever serves it. Message boundaries are the machine's business: a
chunk is what came in together, of TCP a little at a time: nobody knows who is at the other end.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import ssl
import struct
import time

from roomctl.errors import PortClosed, PortError, PortReason
from roomctl.ports.address import Address
from roomctl.wire import NETWORK, TURN, Chunk, Identity

CONNECT_LIMIT_S = 2.0
_WRITE_LIMIT_S = 2.0
_CLOSE_LIMIT_S = 1.0
_MOST = 65536  # bytes in one chunk, of a program of ours
_AHEAD = 4096  # bytes that are read before they are wanted


class SocketPort:
    """A connected stream socket."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        identity: Identity,
        most: int = _MOST,
    ) -> None:
        """`most`: bytes in one chunk."""
        self.identity, self._most = identity, most
        self._reader, self._writer = reader, writer
        self._gone: str | None = None

    async def read(self) -> Chunk:
        self._refuse_if_gone()
        try:
            data = await self._reader.read(self._most)
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

    @property
    def peer_certificate(self) -> bytes | None:
        """The certificate that the other end has shown, in TLS."""
        tls = self._writer.get_extra_info("ssl_object")
        return None if tls is None else tls.getpeercert(binary_form=True)

    def _lost(self, why: str) -> PortClosed:
        self._gone = self._gone or why
        return PortClosed(self.identity.url, self._gone)

    def _refuse_if_gone(self) -> None:
        if self._gone is not None:
            raise PortClosed(self.identity.url, self._gone)


def open_error(address: Address, error: OSError, missing: str, refused: str) -> PortError:
    """Say why a socket could not be opened: nobody there, nobody listening, or no permission."""
    if error.errno == errno.ECONNREFUSED:
        return PortError(address.url, refused, PortReason.REFUSED)
    if error.errno in (errno.EACCES, errno.EPERM):
        why = f"no permission ({error.strerror})"
        return PortError(address.url, why, PortReason.PERMISSION)
    return PortError(address.url, f"{missing} ({error.strerror or error})", PortReason.MISSING)


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


async def open_tcp(address: Address, tls: ssl.SSLContext | None = None) -> SocketPort:
    """Connect within 2 s; raise PortError saying whether nobody answers or nobody listens.

    With `tls`, the other end proves itself, too; an ssl.SSLError is the error's cause.
    """
    host, number = address.host_and_port()
    try:
        async with asyncio.timeout(CONNECT_LIMIT_S):
            reader, writer = await asyncio.open_connection(host, number, limit=_AHEAD, ssl=tls)
    except TimeoutError as error:
        why = f"no answer within {CONNECT_LIMIT_S:g} s; is it powered and on this network?"
        raise PortError(address.url, why, PortReason.MISSING) from error
    except OSError as error:
        raise open_error(
            address,
            error,
            missing=f"{host} cannot be reached",
            refused=f"{host} is there, but nothing listens on port {number}",
        ) from error
    for level, option, value in _KEEPALIVE:
        writer.get_extra_info("socket").setsockopt(level, option, value)
    identity = Identity(url=address.url, path=f"{host}:{number}", intake=NETWORK)
    return SocketPort(reader, writer, identity, TURN)


_UCRED = struct.Struct("3i")  # pid, uid, gid: unix(7), SO_PEERCRED
_LONGEST_PATH = 107  # sun_path less its final zero: unix(7)


def socket_path(address: Address) -> str:
    """Return the path of a socket; PortError if none can be meant."""
    address.only(())
    path = address.place
    if not path.startswith("/") or len(path.encode()) > _LONGEST_PATH:
        raise address.refuse(f"is not unix:/PATH with at most {_LONGEST_PATH} bytes of path")
    return path


async def open_unix(address: Address) -> SocketPort:
    """Connect to the socket at an absolute path; `identity.peer_uid` tells who serves it."""
    path = socket_path(address)
    try:
        async with asyncio.timeout(CONNECT_LIMIT_S):
            reader, writer = await asyncio.open_unix_connection(path)
    except TimeoutError as error:
        why = f"{path} accepted nothing within {CONNECT_LIMIT_S:g} s"
        raise PortError(address.url, why, PortReason.BUSY) from error
    except OSError as error:
        raise open_error(
            address,
            error,
            missing=f"there is no socket {path}; is its program running?",
            refused=f"{path} is a dead socket; its program is not running",
        ) from error
    peer: socket.socket = writer.get_extra_info("socket")
    credentials = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size)
    _, uid, _ = _UCRED.unpack(credentials)
    return SocketPort(reader, writer, Identity(url=address.url, path=path, peer_uid=uid))
