"""Serial lines by pyserial: local nodes and pyserial's own URLs (socket, rfc2217, loop), 8N1.

Knows no protocol. A line is opened for low latency where it can be: an FTDI adapter otherwise
holds what came for 16 ms, as long as a command takes at 9600 baud. After an unplug pyserial raises
SerialException without an errno, plain OSError, termios.error or TypeError, depending on the call;
here all of them are PortClosed.

The kernel numbers ttyUSB and ttyACM as they come: an adapter that is plugged in again while its old
name is still in use gets the next one, and two that come back together may have changed places. So
`Adapters` finds again which USB adapter a URL means. A link (by-id, by-path, a rule of the site)
already says it.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import functools
import logging
import os
import queue
import termios
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from urllib.parse import urlencode

import serial
from serial.tools.list_ports import comports
from serial.tools.list_ports_common import ListPortInfo

from roomctl.errors import PortClosed, PortError, PortReason
from roomctl.explain import suggest
from roomctl.ports.address import Address
from roomctl.ports.blocking import BlockingCalls, open_in_thread
from roomctl.wire import NETWORK, TURN, Chunk, Identity, Intake

_log = logging.getLogger(__name__)

BY_ID = Path("/dev/serial/by-id")
_BROKEN = (serial.SerialException, OSError, termios.error, TypeError, ValueError, AttributeError)
_OPTIONS = {
    "node": ("baud",),
    "socket": ("baud",),
    "loop": ("baud",),
    "rfc2217": ("baud", "ign_set_control", "poll_modem", "timeout"),
}
_WRITE_LIMIT_S = 2.0
_CLOSE_LIMIT_S = 1.0
# A blocked read is woken by cancel_read; where pyserial offers none, by its own time-out.
_READ_S = 1.0
_READ_UNWAKEABLE_S = 0.2


class Adapters:
    """The adapter that each path named when it was last open; `plugged` lists what is there."""

    def __init__(self, plugged: Callable[[], Iterable[ListPortInfo]] = comports) -> None:
        self._plugged = plugged
        self._known: dict[str, ListPortInfo] = {}

    def node(self, path: str) -> str:
        """Return the node of the adapter that `path` means now.

        Raises PortError if it is gone and its name is now that of another url's adapter.
        """
        known = self._known.get(path)
        if known is None:
            return path
        here = list(self._plugged())
        if (adapter := _again(known, here)) is not None:
            return str(adapter.device)
        for port in here:
            if port.device == path and (other := self._path_of(port)) not in (None, path):
                why = f"its adapter is gone; {path} is now that of serial:{other}"
                raise PortError(f"serial:{path}", why, PortReason.MISSING)
        return path

    def remember(self, path: str, node: str) -> ListPortInfo | None:
        """Note, and return, what is plugged in at `node`, which was opened for `path`."""
        real = os.path.realpath(node)
        adapter = next((port for port in self._plugged() if port.device == real), None)
        if adapter is not None and adapter.vid is not None and not os.path.islink(path):
            before = self._known.get(path)
            if real != (before.device if before is not None else path):
                _log.info("serial:%s: its adapter is %s now", path, real)
            self._known[path] = adapter
        return adapter

    def _path_of(self, adapter: ListPortInfo) -> str | None:
        for path, known in self._known.items():
            if _again(known, [adapter]) is not None:
                return path
        return None


def _again(known: ListPortInfo, here: Iterable[ListPortInfo]) -> ListPortInfo | None:
    """Return the adapter that is `known`: in the same USB socket, else the one with its number.

    Cheap ones all have the same serial number, or none: those are told apart by socket only.
    """
    model = (known.vid, known.pid, known.serial_number)
    alike = [port for port in here if (port.vid, port.pid, port.serial_number) == model]
    same_socket = [port for port in alike if port.location == known.location]
    if same_socket or known.serial_number is None:
        return same_socket[0] if same_socket else None
    same_line = [port for port in alike if _line(port) == _line(known)]
    return same_line[0] if len(same_line) == 1 else None


def _line(adapter: ListPortInfo) -> str:
    """Return which line of an adapter with several; empty if it has one."""
    return str(adapter.location or "").partition(":")[2]


_adapters = Adapters()
_Opened = tuple[serial.Serial, Identity]


def line_of(address: Address) -> tuple[str, str, int]:
    """Return the kind of line, its node or url, and its speed; PortError if none can be meant."""
    kind = address.place.partition("://")[0] if "://" in address.place else "node"
    if kind not in _OPTIONS:
        raise address.refuse(f"serial:{kind}:// is not known; {suggest(kind, _OPTIONS)}")
    if kind == "node" and not address.place.startswith("/"):
        raise address.refuse("is not a path; write it like serial:/dev/ttyUSB0?baud=9600")
    options = dict(address.only(_OPTIONS[kind]))
    baud = address.number("baud", 9600, 50, 4_000_000)
    options.pop("baud", None)
    if kind == "rfc2217":
        options.setdefault("ign_set_control", "")  # ser2net says nothing of a DTR that is not there
    return kind, address.place + (f"?{urlencode(options)}" if options else ""), baud


async def open_port(address: Address, adapters: Adapters = _adapters) -> SerialPort:
    """Open `serial:/dev/NODE?baud=9600` or `serial:socket://HOST:PORT`; raise PortError."""
    kind, line, baud = line_of(address)
    try:
        if kind == "node":
            work = functools.partial(_open_node, address.url, line, baud, adapters)
        else:
            work = functools.partial(_open_elsewhere, address.url, line, baud)
        opened = await open_in_thread(work, _close_late)
    except _BROKEN as error:
        raise _open_error(address, kind, error) from error
    return SerialPort(*opened)


def _open_node(url: str, path: str, baud: int, adapters: Adapters) -> _Opened:
    node = adapters.node(path)
    device = _device(node, baud)
    device.exclusive = True
    device.write_timeout = _WRITE_LIMIT_S
    device.open()
    try:
        quicken(device)
        adapter, real = adapters.remember(path, node), os.path.realpath(node)
    except BaseException:  # it was pulled out while it was looked at
        device.close()
        raise
    if adapter is None:
        return device, Identity(url=url, path=real, intake=_line_at(baud))
    identity = Identity(
        url=url,
        path=real,
        vid=adapter.vid,
        pid=adapter.pid,
        serial_number=adapter.serial_number,
        port_path=adapter.location,
        product=adapter.product,
        intake=_line_at(baud),
    )
    return device, identity


def _open_elsewhere(url: str, line: str, baud: int) -> _Opened:
    device = _device(line, baud)
    if not line.startswith("rfc2217:"):
        device.write_timeout = _WRITE_LIMIT_S  # rfc2217 raises NotImplementedError on it
    try:
        device.open()
    except BaseException:  # the server hung up as soon as it had answered
        _close(device)
        raise
    return device, Identity(url=url, path=line, intake=NETWORK)


def _line_at(baud: int) -> Intake:
    """Return the most that can come by a line: ten bits are a byte; clocks may be a little fast."""
    return Intake(1.05 * baud / 10)


def _device(line: str, baud: int) -> serial.Serial:
    device = serial.serial_for_url(line, do_not_open=True, baudrate=baud, bytesize=8)
    device.parity, device.stopbits = serial.PARITY_NONE, serial.STOPBITS_ONE
    device.timeout = _READ_S if hasattr(device, "cancel_read") else _READ_UNWAKEABLE_S
    device.dtr = True
    return device


def quicken(device: serial.Serial) -> None:
    """Have what comes in handed on at once, by a driver that can: not a pty's."""
    try:
        device.set_low_latency_mode(True)
    except (*_BROKEN, NotImplementedError) as error:
        _log.debug("%s: no low-latency mode (%s)", device.port, error)


def _close_late(opened: _Opened) -> None:
    _close(opened[0])


def _close(device: serial.Serial) -> None:
    """Close; pyserial 3.5 leaves the socket of a server that hung up first to the collector."""
    line = getattr(device, "_socket", None)
    try:
        device.close()
    finally:
        if line is not None:
            line.close()


class SerialPort:
    """An open serial line; a chunk is what came in together."""

    def __init__(self, device: serial.Serial, identity: Identity) -> None:
        self.identity = identity
        self._device = device
        self._blocking = BlockingCalls()
        self._reading: asyncio.Task[Chunk] | None = None
        self._closing: asyncio.Task[None] | None = None
        self._gone: str | None = None

    async def read(self) -> Chunk:
        """Wait for bytes; a cancelled read loses none, the next one gets them."""
        self._refuse_if_gone()
        if self._reading is None:
            self._reading = self._blocking.start(self._wait_for_bytes)
        reading = self._reading
        try:
            chunk = await asyncio.shield(reading)
        finally:
            if reading.done():
                self._reading = None
        return chunk

    async def write(self, data: bytes) -> None:
        self._refuse_if_gone()
        if rest := self._put_at_once(data):
            await self._blocking.run(self._put, rest)

    async def close(self) -> None:
        if self._closing is None:
            self._gone = self._gone or "the port is closed"
            self._closing = asyncio.ensure_future(self._shut())
        await asyncio.shield(self._closing)

    async def _shut(self) -> None:
        for cancel in ("cancel_read", "cancel_write"):
            # A line that is gone has nobody waiting on it; neither has a loop:// that is full.
            with contextlib.suppress(*_BROKEN, queue.Full):
                getattr(self._device, cancel, lambda: None)()
        await self._blocking.ended(_CLOSE_LIMIT_S)
        with contextlib.suppress(*_BROKEN):
            await self._blocking.run(_close, self._device)

    def _wait_for_bytes(self) -> Chunk:
        while self._gone is None:
            try:
                first = self._device.read(1)
            except _BROKEN as error:
                raise self._lost(error) from error
            if first:
                at = time.monotonic()
                return Chunk(first + self._what_else_came(), at)
        raise PortClosed(self.identity.url, self._gone)

    def _what_else_came(self) -> bytes:
        more = bytearray()
        try:
            while (room := TURN - 1 - len(more)) and (waiting := self._device.in_waiting):
                more += self._device.read(min(waiting, room))
        except _BROKEN:
            pass  # what came before the unplug counts; the next read says that it is gone
        return bytes(more)

    def _put_at_once(self, data: bytes) -> bytes:
        """Write what a local line's driver takes without waiting; return the rest.

        pyserial opens it with O_NONBLOCK. To a thread and back costs more than the write itself.
        """
        if not self.identity.path.startswith("/"):
            return data
        try:
            return data[os.write(self._device.fileno(), data) :]
        except BlockingIOError:
            return data
        except _BROKEN as error:
            raise self._lost(error) from error

    def _put(self, data: bytes) -> None:
        try:
            self._device.write(data)
        except serial.SerialTimeoutException as error:
            why = f"{len(data)} bytes could not be written within {_WRITE_LIMIT_S:g} s"
            raise PortError(self.identity.url, why) from error
        except _BROKEN as error:
            raise self._lost(error) from error

    def _lost(self, error: BaseException) -> PortClosed:
        if self._gone is None:
            local = self.identity.path.startswith("/")
            hint = "is the adapter still plugged in?" if local else "is its server still there?"
            self._gone = f"the line is gone ({error}); {hint}"
        return PortClosed(self.identity.url, self._gone)

    def _refuse_if_gone(self) -> None:
        if self._gone is not None:
            raise PortClosed(self.identity.url, self._gone)


def _open_error(address: Address, kind: str, error: BaseException) -> PortError:
    """Say why a line could not be opened, and what to try."""
    cause = _cause(error)
    number = cause.errno if isinstance(cause, OSError) else None
    place, url = address.place, address.url
    if kind != "node":
        if number == errno.ECONNREFUSED:
            return PortError(url, "connection refused; is the server running?", PortReason.REFUSED)
        return PortError(url, f"cannot be reached ({cause})", PortReason.MISSING)
    if number in (errno.ENOENT, errno.ENODEV, errno.ENXIO):
        return PortError(url, f"there is no {place}; {_what_is_there()}", PortReason.MISSING)
    if number in (errno.EAGAIN, errno.EBUSY):
        why = f"{place} is in use by another program; `fuser {place}` names it"
        return PortError(url, why, PortReason.BUSY)
    if number in (errno.EACCES, errno.EPERM):
        why = f"no permission for {place}; `sudo usermod -aG dialout $USER`, then log in again"
        return PortError(url, why, PortReason.PERMISSION)
    if isinstance(cause, termios.error) or number in (errno.ENOTTY, errno.EISDIR, errno.EINVAL):
        return PortError(url, f"{place} is not a serial line ({cause})", PortReason.UNSUPPORTED)
    return PortError(url, f"{place} cannot be opened ({cause})", PortReason.IO)


def _cause(error: BaseException) -> BaseException:
    """Return what pyserial wrapped: some exceptions carry an errno, others only a context."""
    while getattr(error, "errno", None) is None and error.__context__ is not None:
        error = error.__context__
    return error


def _what_is_there() -> str:
    names = sorted(str(path) for path in BY_ID.glob("*"))
    names = names or sorted(port.device for port in comports())
    return f"there are: {', '.join(names)}" if names else "no serial adapter is plugged in"
