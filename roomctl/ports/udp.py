"""UDP to one peer: `udp://HOST:PORT?local=PORT`; each datagram is a chunk. Knows no protocol.

Of a long datagram the first 256 bytes are read: no device that is asked here has more to say.

The socket is connected: datagrams of strangers are dropped by the kernel, and a peer that is there
but does not listen is noticed (ECONNREFUSED). Some peers answer to a fixed port, whatever port
they were asked from; `local` is then that port. Several sockets may have it at a time: the kernel
gives each the datagrams of its own peer.

`udp-from://HOST:PORT` is what a host says by itself to a port of this box, from whatever port of
its own: only heard. All hosts that are heard at one port share its socket.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import socket
import time
from collections import deque
from collections.abc import Callable

from roomctl.errors import PortClosed, PortError, PortReason
from roomctl.ports.address import Address
from roomctl.ports.stream import CONNECT_LIMIT_S, open_error
from roomctl.wire import NETWORK, TURN, Chunk, Identity

_log = logging.getLogger(__name__)

_MOST_WAITING = 256  # datagrams; a flood drops the oldest
_MOST_HEARD, _LONGEST_HEARD = 16, 1500  # the same of what nobody asked for, and its bytes


def peer_of(address: Address, local: int = 0) -> tuple[str, int, int]:
    """Return host and port of the peer, and the port that it answers to; PortError."""
    host, number = address.host_and_port("local")
    return host, number, address.number("local", local, 0, 65535)


async def open_port(address: Address, local: int = 0) -> DatagramPort:
    """Resolve the host within 2 s; that nobody answers is found out only by asking.

    `local`: the port that the peer may answer to, if it is free; the url's own must be.
    """
    host, number, wanted = peer_of(address, local)
    try:
        connected = await _connected(host, number, wanted, must="local" in address.options)
    except TimeoutError as error:
        why = f"{host} could not be resolved within {CONNECT_LIMIT_S:g} s"
        raise PortError(address.url, why, PortReason.MISSING) from error
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            why = f"local port {wanted} is in use; `ss -uanp sport = :{wanted}` says by whom"
            raise PortError(address.url, why, PortReason.BUSY) from error
        missing = f"{host} cannot be reached"
        raise open_error(address, error, missing=missing, refused=missing) from error
    port = DatagramPort(Identity(url=address.url, path=f"{host}:{number}", intake=NETWORK))
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: port, sock=connected
    )
    port.attach(transport)
    return port


async def _connected(host: str, number: int, local: int, *, must: bool) -> socket.socket:
    """Return a socket connected to the first address of `host` that there is a way to."""
    async with asyncio.timeout(CONNECT_LIMIT_S):
        found = await asyncio.get_running_loop().getaddrinfo(host, number, type=socket.SOCK_DGRAM)
    trouble = OSError(f"{host} has no address")
    for family, _, _, _, peer in found:
        try:
            return _to(family, peer, local)
        except OSError as error:
            trouble = error
        if local and not must:
            _log.debug("%s: asked from another port than %d (%s)", host, local, trouble)
            try:
                return _to(family, peer, 0)
            except OSError as error:
                trouble = error
    raise trouble


def _to(family: int, peer: tuple[object, ...], local: int) -> socket.socket:
    made = socket.socket(family, socket.SOCK_DGRAM)
    try:
        made.setblocking(False)
        if local:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            made.bind(("", local))
        made.connect(peer)
        if made.getsockname() == made.getpeername():  # the peer is on this machine
            raise OSError(errno.EADDRINUSE, "it would talk to itself")
    except OSError:
        made.close()
        raise
    return made


class DatagramPort(asyncio.DatagramProtocol):
    """A connected UDP socket."""

    def __init__(self, identity: Identity) -> None:
        self.identity = identity
        self._transport: asyncio.DatagramTransport | None = None
        self._came: deque[Chunk] = deque(maxlen=_MOST_WAITING)
        self._news, self._shut = asyncio.Event(), asyncio.Event()
        self._unsent: OSError | None = None
        self._gone: str | None = None

    def attach(self, transport: asyncio.DatagramTransport) -> None:
        """Send by `transport` from now on."""
        self._transport = transport

    async def read(self) -> Chunk:
        while not self._came:
            self._refuse_if_gone()
            self._news.clear()
            await self._news.wait()
        return self._came.popleft()

    async def write(self, data: bytes) -> None:
        self._refuse_if_gone()
        if self._transport is None:
            raise PortClosed(self.identity.url)
        self._unsent = None
        self._transport.sendto(data)
        self._refuse_if_gone()
        if self._unsent is not None:
            raise PortError(self.identity.url, f"{len(data)} bytes not sent ({self._unsent})")

    async def close(self) -> None:
        self._end("the port is closed")
        if self._transport is not None:
            await self._shut.wait()  # one turn of the loop

    def datagram_received(self, data: bytes, _sender: object) -> None:
        self._came.append(Chunk(data[:TURN], time.monotonic()))
        self._news.set()

    def error_received(self, error: Exception) -> None:
        if isinstance(error, OSError) and error.errno in (errno.EMSGSIZE, errno.ENOBUFS):
            self._unsent = error  # this datagram did not go out; the next one may
        elif isinstance(error, ConnectionRefusedError):
            self._end(f"nothing listens on {self.identity.path}")
        else:
            self._end(f"the network is gone ({error})")

    def connection_lost(self, error: Exception | None) -> None:
        self._end(f"the network is gone ({error})" if error else "the port is closed")
        self._shut.set()

    def _end(self, why: str) -> None:
        self._gone = self._gone or why
        self._news.set()
        if self._transport is not None:
            self._transport.abort()

    def _refuse_if_gone(self) -> None:
        if self._gone is not None:
            raise PortClosed(self.identity.url, self._gone)


async def open_heard(address: Address) -> HeardPort:
    """Hear what a host says to a port of this box; PortError if another program has that."""
    host, number = address.host_and_port()
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(CONNECT_LIMIT_S):
            found = await loop.getaddrinfo(host, None, family=socket.AF_INET)
        listener = _HEARING.get((loop, number)) or _Listener(loop, number)
    except TimeoutError as error:
        why = f"{host} could not be resolved within {CONNECT_LIMIT_S:g} s"
        raise PortError(address.url, why, PortReason.MISSING) from error
    except OSError as error:
        why = f"nothing can be heard at port {number} ({error.strerror})"
        raise PortError(address.url, why, PortReason.BUSY) from error
    port = HeardPort(
        Identity(url=address.url, path=f"{host} at port {number}", intake=NETWORK), listener
    )
    listener.hosts[port] = {str(each[4][0]) for each in found}
    return port


class _Listener:
    """One port of this box, and who hears which hosts at it; what others say is dropped."""

    def __init__(self, loop: asyncio.AbstractEventLoop, number: int) -> None:
        self.hosts: dict[HeardPort, set[str]] = {}
        self.taps: list[Callable[[str, bytes], None]] = []
        self._key, self._loop = (loop, number), loop
        self._sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._sock.setblocking(False)
            self._sock.bind(("", number))
        except OSError:
            self._sock.close()
            raise
        loop.add_reader(self._sock, self._take)
        _HEARING[self._key] = self

    def _take(self) -> None:
        try:
            data, addr = self._sock.recvfrom(_LONGEST_HEARD)
        except OSError:
            return
        for port, hosts in self.hosts.items():
            if addr[0] in hosts:
                port.came(Chunk(data, time.monotonic()))
        for take in self.taps:
            take(addr[0], data)

    def forget(self, port: HeardPort) -> None:
        """Hear nothing for `port` any more, and let go of the socket with the last."""
        self.hosts.pop(port, None)
        if not self.hosts and _HEARING.pop(self._key, None) is not None:
            self._loop.remove_reader(self._sock)
            self._sock.close()


_HEARING: dict[tuple[asyncio.AbstractEventLoop, int], _Listener] = {}


def tapped(open_now: contextlib.ExitStack, number: int, take: Callable[[str, bytes], None]) -> bool:
    """Hand sender and bytes of all that is heard at a port to `take`, until `open_now` ends.

    False: nothing in this program hears at it.
    """
    listener = _HEARING.get((asyncio.get_running_loop(), number))
    if listener is None:
        return False
    listener.taps.append(take)
    open_now.callback(listener.taps.remove, take)
    return True


class HeardPort:
    """What one host says; of a flood the newest."""

    def __init__(self, identity: Identity, listener: _Listener) -> None:
        self.identity = identity
        self._listener = listener
        self._came: deque[Chunk] = deque(maxlen=_MOST_HEARD)
        self._news, self._closed = asyncio.Event(), False

    def came(self, chunk: Chunk) -> None:
        self._came.append(chunk)
        self._news.set()

    async def read(self) -> Chunk:
        while not self._came:
            if self._closed:
                raise PortClosed(self.identity.url, "the port is closed")
            self._news.clear()
            await self._news.wait()
        return self._came.popleft()

    async def write(self, data: bytes) -> None:
        raise PortError(self.identity.url, "is only heard", PortReason.UNSUPPORTED)

    async def close(self) -> None:
        self._closed = True
        self._listener.forget(self)
        self._news.set()
