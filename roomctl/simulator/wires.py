"""Real wires to simulated hardware: a pty, UDP, TCP or HTTP; and a machine pumped on any of them.

Knows no device: a simulated one is a Machine.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import socket
import termios
import tty
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Protocol, runtime_checkable

from roomctl.clock import Clock, Moment
from roomctl.errors import PortClosed
from roomctl.ports.http import HttpAnswer, HttpRequest
from roomctl.ports.search import EVERYBODY_HERE, Question
from roomctl.wire import Chunk, Identity, Machine, Port, pump

_CHUNK = 4096
_SPEEDS = {
    getattr(termios, f"B{baud}"): baud for baud in (2400, 4800, 9600, 19200, 38400, 57600, 115200)
}
_OUT_SPEED = 5  # of what tcgetattr returns
_HOST = "127.0.0.1"
_SOAP_TYPE = "application/soap+xml; charset=utf-8"
_HTTP_S = 70.0  # a recall may be answered when it has arrived
_VISCA_IP_PORT, _MOST_HOSTS = 52381, 30
_VISCA_IP_HOST = "127.0.0.2"  # its clients bind the camera's port on every address of the machine


@runtime_checkable
class Tuned(Protocol):
    """A simulated device on a serial line: set to a speed, and told at which it is spoken to."""

    baud: int | None

    def spoken_at(self, baud: int) -> None: ...


@runtime_checkable
class Reachable(Protocol):
    """A simulated host that tells others its own address, and the time."""

    def reached_at(self, address: str, at: Moment) -> None: ...


class PtyPort:
    """The device's end of a pseudo-terminal; `identity.path` is what others open as a serial port.

    A pty carries bytes at any speed; `tuned` is told the one that the other program has set.
    """

    def __init__(self, clock: Clock, tuned: Tuned | None = None) -> None:
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)  # and kept open: the wire stays when the other program closes it
        self._tuned = tuned
        self._set_speed()
        os.set_blocking(self._master, False)
        path = os.ttyname(self._slave)
        self.identity = Identity(url=f"serial:{path}", path=path)
        self._clock = clock
        self._closed = False
        self._incoming: asyncio.Queue[Chunk | None] = asyncio.Queue()
        asyncio.get_running_loop().add_reader(self._master, self._readable)

    async def read(self) -> Chunk:
        chunk = await self._incoming.get()
        if chunk is None:
            raise PortClosed(self.identity.url)
        return chunk

    async def write(self, data: bytes) -> None:
        """Write `data`; what a full pty does not take is lost, as on a line nobody reads."""
        if self._closed:
            raise PortClosed(self.identity.url)
        with contextlib.suppress(BlockingIOError):
            os.write(self._master, data)

    async def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        asyncio.get_running_loop().remove_reader(self._master)
        os.close(self._master)
        os.close(self._slave)
        self._incoming.put_nowait(None)

    def _set_speed(self) -> None:
        """Begin at the camera's speed, for programs that set none."""
        attributes = termios.tcgetattr(self._slave)
        for speed, baud in _SPEEDS.items():
            if self._tuned is not None and baud == self._tuned.baud:
                attributes[_OUT_SPEED - 1] = attributes[_OUT_SPEED] = speed
                termios.tcsetattr(self._slave, termios.TCSANOW, attributes)

    def _readable(self) -> None:
        speed = termios.tcgetattr(self._slave)[_OUT_SPEED]
        if self._tuned is not None and speed in _SPEEDS:
            self._tuned.spoken_at(_SPEEDS[speed])
        with contextlib.suppress(BlockingIOError, OSError):
            self._incoming.put_nowait(Chunk(os.read(self._master, _CHUNK), self._clock.mono_s()))


class UdpPort(asyncio.DatagramProtocol):
    """A UDP port on loopback that answers whoever spoke last.

    `answers_to`: the port that all answers go to, if not the one that was spoken from (a fault:
    some Sony cameras answer to 52381; misterhay/VISCA-IP-Controller issue 36).
    """

    def __init__(self, clock: Clock, scheme: str = "udp") -> None:
        self._clock, self._scheme = clock, scheme
        self._incoming: asyncio.Queue[Chunk | None] = asyncio.Queue()
        self._transport: asyncio.DatagramTransport | None = None
        self._peer: tuple[str, int] | None = None
        self.answers_to: int | None = None
        self.identity = Identity(url=f"{scheme}:")

    @classmethod
    async def open(
        cls, clock: Clock, scheme: str = "udp", at: tuple[str, int] | None = None
    ) -> UdpPort:
        """Open a free port, or the one `at` an address, OSError if it is taken.

        `scheme` is what its url begins with, for what is said on it.
        """
        loop = asyncio.get_running_loop()
        host = _VISCA_IP_HOST if scheme == "visca-ip" else _HOST
        transport, port = await loop.create_datagram_endpoint(
            lambda: cls(clock, scheme), local_addr=at or (host, 0)
        )
        shared = transport.get_extra_info("socket")
        shared.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        port.begin(transport)
        return port

    def begin(self, transport: asyncio.DatagramTransport) -> None:
        """Take the socket; until then nothing can be heard or said."""
        self._transport = transport
        host, number = transport.get_extra_info("sockname")[:2]
        url = f"{self._scheme}://{host}:{number}"
        self.identity = Identity(url=url, path=f"{host}:{number}")

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._peer = addr
        self._incoming.put_nowait(Chunk(data, self._clock.mono_s()))

    async def read(self) -> Chunk:
        chunk = await self._incoming.get()
        if chunk is None:
            raise PortClosed(self.identity.url)
        return chunk

    async def write(self, data: bytes) -> None:
        if self._transport is None or self._transport.is_closing():
            raise PortClosed(self.identity.url)
        if self._peer is not None:
            host, number = self._peer
            self._transport.sendto(data, (host, self.answers_to or number))

    async def close(self) -> None:
        if self._transport is not None:
            self._transport.close()
        self._incoming.put_nowait(None)


class StreamPort:
    """One accepted connection on the socket that `url` names."""

    def __init__(
        self, url: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, clock: Clock
    ) -> None:
        self._reader, self._writer, self._clock = reader, writer, clock
        self.identity = Identity(url=url)

    async def read(self) -> Chunk:
        try:
            data = await self._reader.read(_CHUNK)
        except OSError as error:
            raise PortClosed(self.identity.url, str(error)) from error
        if not data:
            raise PortClosed(self.identity.url, "the other end hung up")
        return Chunk(data, self._clock.mono_s())

    async def write(self, data: bytes) -> None:
        try:
            self._writer.write(data)
            await self._writer.drain()
        except OSError as error:
            raise PortClosed(self.identity.url, str(error)) from error

    async def close(self) -> None:
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()


class HttpFront:
    """HTTP on loopback: each request is read, and answered when that is written."""

    def __init__(self, scheme: str, clock: Clock) -> None:
        self.identity = Identity(url=f"{scheme}:")
        self._clock = clock
        self._incoming: asyncio.Queue[Chunk | None] = asyncio.Queue()
        self._waiting: dict[int, asyncio.Future[HttpAnswer]] = {}
        self._number = 0

    async def read(self) -> Chunk:
        chunk = await self._incoming.get()
        if chunk is None:
            raise PortClosed(self.identity.url)
        return chunk

    async def write(self, data: bytes) -> None:
        answer = HttpAnswer.decode(data)
        waiting = self._waiting.get(answer.number)
        if waiting is not None and not waiting.done():
            waiting.set_result(answer)

    async def close(self) -> None:
        self._incoming.put_nowait(None)
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(ConnectionAbortedError())

    async def accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection, and one request on it."""
        garbled = (EOFError, ValueError, asyncio.LimitOverrunError)
        try:
            with contextlib.suppress(OSError, TimeoutError, *garbled):
                async with asyncio.timeout(_HTTP_S):
                    writer.write(_response(await self._answered(reader)))
                    await writer.drain()
        finally:
            writer.close()

    async def _answered(self, reader: asyncio.StreamReader) -> HttpAnswer:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        method, target, _ = head.split(" ", 2)
        length = re.search(r"(?im)^content-length: *([0-9]{1,6})\r$", head)
        body = await reader.readexactly(int(length[1])) if length else b""
        self._number = number = self._number + 1
        request = HttpRequest(number, target, _HTTP_S, method, body)
        HttpRequest.decode(request.encode())  # or ValueError: what no port of ours would say
        waiting: asyncio.Future[HttpAnswer] = asyncio.get_running_loop().create_future()
        self._waiting[number] = waiting
        self._incoming.put_nowait(Chunk(request.encode(), self._clock.mono_s()))
        try:
            return await waiting
        finally:
            del self._waiting[number]


def _type_of(body: bytes) -> str:
    if body.startswith(b"\x89PNG"):
        return "image/png"
    return _SOAP_TYPE if body.startswith(b"<") else "text/plain"


def _response(answer: HttpAnswer) -> bytes:
    status = HTTPStatus(answer.status)
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}",
        f"Content-Type: {_type_of(answer.body)}",
        f"Content-Length: {len(answer.body)}",
        "Connection: close",
    )
    return "\r\n".join((*head, "", "")).encode() + answer.body


class PumpTask:
    """A machine pumped on one port, until that is gone or this is closed."""

    def __init__(self, port: Port, machine: Machine, clock: Clock) -> None:
        self._port = port
        self._wake = asyncio.Event()
        self._task = asyncio.create_task(_pumped(port, machine, self._wake, clock))

    def wake(self) -> None:
        """Have the machine say what it has just been made to say."""
        self._wake.set()

    async def close(self) -> None:
        await self._port.close()
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


async def _pumped(port: Port, machine: Machine, wake: asyncio.Event, clock: Clock) -> None:
    try:
        with contextlib.suppress(PortClosed):
            await pump(port, machine, wake, clock)
    finally:
        await port.close()


class Wire:
    """A real wire to a simulated device: `url` opens it, `path` is what other programs call it."""

    def __init__(
        self, url: str, path: str, tasks: list[PumpTask], server: asyncio.Server | None
    ) -> None:
        self.url, self.path = url, path
        self._tasks, self._server = tasks, server

    def wake(self) -> None:
        for task in self._tasks:
            task.wake()

    async def close(self) -> None:
        """Take the wire away; whoever has it open finds it closed."""
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            await task.close()


async def offer(scheme: str, machine: Callable[[], Machine], clock: Clock) -> Wire:
    """Return a new wire with a device made by `machine`; by the scheme of its url.

    What is asked over https is asked without here: this box alone can hear it.
    """
    tasks: list[PumpTask] = []
    scheme = scheme.removesuffix("-https")
    if scheme in ("aw", "onvif"):
        front, far = HttpFront(scheme, clock), machine()
        server = await asyncio.start_server(front.accepted, _HOST, 0)
        host, number = server.sockets[0].getsockname()[:2]
        if isinstance(far, Reachable):
            far.reached_at(f"{host}:{number}", clock.now())
        tasks.append(PumpTask(front, far, clock))
        return Wire(f"{scheme}://{host}:{number}", f"{host}:{number}", tasks, server)
    if scheme == "tcp":

        def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            tasks.append(PumpTask(StreamPort("tcp:", reader, writer, clock), machine(), clock))

        server = await asyncio.start_server(accepted, _HOST, 0)
        host, number = server.sockets[0].getsockname()[:2]
        return Wire(f"tcp://{host}:{number}", f"{host}:{number}", tasks, server)
    far = machine()
    if scheme in ("udp", "visca-ip"):
        port: UdpPort | PtyPort = await UdpPort.open(clock, scheme)
    else:
        port = PtyPort(clock, far if isinstance(far, Tuned) else None)
    tasks.append(PumpTask(port, far, clock))
    return Wire(port.identity.url, port.identity.path, tasks, None)


class SearchAnswers:
    """A device on loopback that hears a search, and answers it from an address of its own."""

    def __init__(
        self, question: Question, host: str, answer: Callable[[bytes], bytes | None]
    ) -> None:
        """Begin; only `question`'s port and group count. OSError: another program has the port."""
        self._question, self._answer = question, answer
        self._loop = asyncio.get_running_loop()
        self._hears = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._says = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._hears.setblocking(False)
            self._hears.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._hears.bind((question.group, question.port))
            if question.group:
                member = socket.inet_aton(question.group) + socket.inet_aton(_HOST)
                self._hears.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
            self._says.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            self._says.bind((host, 0))
        except OSError:
            self.close()
            raise
        self._loop.add_reader(self._hears, self._heard)

    def _heard(self) -> None:
        with contextlib.suppress(OSError):
            data, sender = self._hears.recvfrom(_CHUNK)
            if sender[0].startswith("127.") and (answer := self._answer(data)) is not None:
                port = self._question.answered_to
                self._says.sendto(answer, (EVERYBODY_HERE, port) if port else sender)

    def close(self) -> None:
        """Answer no more."""
        self._loop.remove_reader(self._hears)
        self._hears.close()
        self._says.close()


async def offer_at_its_port(machine: Callable[[], Machine], clock: Clock) -> Wire | None:
    """Return a VISCA-over-IP wire at an address of loopback, and the port that all expect.

    None: other programs have all of the addresses that are tried.
    """
    for number in range(2, _MOST_HOSTS + 2):
        with contextlib.suppress(OSError):
            port = await UdpPort.open(clock, "visca-ip", (f"127.0.0.{number}", _VISCA_IP_PORT))
            task = PumpTask(port, machine(), clock)
            return Wire(port.identity.url, port.identity.path, [task], None)
    return None


async def offer_unix(path: Path, machine: Machine, clock: Clock) -> Wire:
    """Return a unix socket at `path` (0600) with one device; a newer connection ends the older."""
    tasks: list[PumpTask] = []

    async def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while tasks:
            await tasks.pop().close()
        tasks.append(PumpTask(StreamPort(f"unix:{path}", reader, writer, clock), machine, clock))

    path.unlink(missing_ok=True)
    before = os.umask(0o177)
    try:
        server = await asyncio.start_unix_server(accepted, path)
    finally:
        os.umask(before)
    return Wire(f"unix:{path}", str(path), tasks, server)
