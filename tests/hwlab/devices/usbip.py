"""A USB device made of Python, plugged into the kernel's virtual host controller (vhci_hcd).

The controller hands every transfer over a socket, in the frames of USB/IP (kernel documentation,
usb/usbip_protocol): `Plugged` answers them for one `Device`, in a thread of its own. Closing the
socket is pulling the plug. Knows no kind of device.
"""

from __future__ import annotations

import contextlib
import errno
import os
import selectors
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

VHCI = Path("/sys/devices/platform/vhci_hcd.0")
FULL, HIGH = 2, 3  # enum usb_device_speed
_SUBMIT, _UNLINK, _DONE, _UNLINKED = 1, 2, 3, 4
_HEAD = struct.Struct(">5I")
_ASKED = struct.Struct(">IiiiI8s")
_SAID = struct.Struct(">iiiii8x")
_PACKET = struct.Struct(">3Ii")
_FRAME_S = 0.001
_attaching = threading.Lock()
_taken: set[int] = set()  # ports of devices that the kernel has not forgotten


class Stall(Exception):
    """The device refuses a transfer."""


class Silence(Exception):
    """The device does not answer a control transfer: it is up to the host to give up."""


class Short(Exception):
    """The device takes only the first `taken` bytes of what a control transfer brought."""

    def __init__(self, taken: int) -> None:
        super().__init__(taken)
        self.taken = taken


@dataclass(frozen=True)
class Setup:
    """The eight bytes that begin a control transfer (USB 2.0, table 9-2)."""

    kind: int
    request: int
    value: int
    index: int
    length: int


class Device(Protocol):
    """What a device does. Everything is called in the thread that plugs it in."""

    speed: int

    def control(self, setup: Setup, data: bytes) -> bytes:
        """Answer a control transfer; `data` is what the host sent.

        Raises Stall, Silence or Short.
        """

    def sent(self, endpoint: int, data: bytes) -> None:
        """Take what the host wrote to an endpoint; raises as `control` does."""

    def says(self, endpoint: int, now: float) -> bytes | None:
        """Return what an interrupt or bulk endpoint has to say; None: nothing yet."""

    def packet(self, endpoint: int, length: int) -> bytes:
        """Return one isochronous packet of at most `length` bytes."""


@dataclass
class _Transfer:
    number: int
    endpoint: int
    length: int
    packets: list[tuple[int, int]] = field(default_factory=list)
    due: float = 0.0


class Plugged:
    """A device that is plugged in until `unplug`. The thread that serves it ends then."""

    def __init__(self, device: Device, other_than: int | None = None) -> None:
        """Plug `device` into the controller's first free port, but not into `other_than`."""
        self.device = device
        ours, kernels = socket.socketpair()
        self._socket = ours
        self._waiting: dict[int, deque[_Transfer]] = {}
        self._paced: list[_Transfer] = []
        self._unanswered: list[_Transfer] = []
        self._free_at: dict[int, float] = {}
        self.failure: Exception | None = None
        self._unplugged = False
        with kernels, _attaching:
            self.port = _free_port({*_taken, other_than})
            text = f"{self.port} {kernels.fileno()} {self.port + 1} {device.speed}"
            write(VHCI / "attach", text)
            _taken.add(self.port)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def path(self) -> str:
        """Return its place, as in /sys/bus/usb/devices: `2-1`."""
        hubs = sorted(VHCI.glob("usb[0-9]*"), key=lambda hub: int(hub.name[3:]))
        return f"{hubs[0].name[3:]}-{self.port + 1}"

    @property
    def sysfs(self) -> Path:
        return Path("/sys/bus/usb/devices") / self.path

    def driver(self, interface: int) -> str | None:
        """Return the kernel's driver of an interface; "usbfs" is a program's claim."""
        link = self.sysfs / f"{self.path}:1.{interface}" / "driver"
        return link.resolve().name if link.is_symlink() else None

    def bound(self) -> bool:
        """Whether the kernel has found every interface, and a driver for each."""
        try:
            count = int((self.sysfs / "bNumInterfaces").read_text())
            drivers = [link.is_symlink() for link in self.sysfs.glob(f"{self.path}:*/driver")]
        except (OSError, ValueError):
            return False
        return len(drivers) == count

    def unplug(self) -> None:
        """Pull the plug; returns once the kernel has forgotten the device. Twice is no error."""
        if self._unplugged:
            return
        self._unplugged = True
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._socket.close()
        until(lambda: not self.sysfs.exists(), "the kernel to forget an unplugged device")
        until(lambda: is_free(self.port), "the controller to free the port")
        _taken.discard(self.port)
        if self.failure is not None:
            raise self.failure

    def _serve(self) -> None:
        try:
            with selectors.DefaultSelector() as selector:
                selector.register(self._socket, selectors.EVENT_READ)
                while True:
                    if selector.select(self._patience()):
                        self._take()
                    self._answer_what_waits()
                    self._answer_what_is_due()
        except (ConnectionError, EOFError):
            return
        except OSError as error:
            if error.errno != errno.EBADF:
                self.failure = error
        except Exception as error:  # told by `unplug`; the kernel sees an unplug meanwhile
            self.failure = error
            self._socket.close()

    def _patience(self) -> float:
        now = time.monotonic()
        return max(0.0, min((each.due - now for each in self._paced), default=0.005))

    def _take(self) -> None:
        kind, number, _, inward, endpoint = _HEAD.unpack(self._exactly(_HEAD.size))
        victim, length, _, count, _, setup = _ASKED.unpack(self._exactly(_ASKED.size))
        # `victim` is the number to be unlinked; in a transfer its flags, which say nothing here
        if kind == _UNLINK:
            self._unlink(number, victim)
            return
        data = b"" if inward else self._exactly(length)
        transfer = _Transfer(number, endpoint | (0x80 if inward else 0), length)
        if count > 0:
            described = self._exactly(count * _PACKET.size)
            transfer.packets = [each[:2] for each in _PACKET.iter_unpack(described)]
            self._pace(transfer, data)
        elif endpoint == 0:
            self._control(transfer, Setup(*struct.unpack("<BBHHH", setup)), data)
        elif inward:
            self._waiting.setdefault(transfer.endpoint, deque()).append(transfer)
        else:
            self._write_out(transfer, data)

    def _control(self, transfer: _Transfer, setup: Setup, data: bytes) -> None:
        try:
            answer = self.device.control(setup, data)[: setup.length]
        except Stall:
            self._say(transfer, -errno.EPIPE, 0)
            return
        except Silence:
            self._unanswered.append(transfer)
            return
        except Short as short:
            self._say(transfer, 0, short.taken)
            return
        inward = setup.kind & 0x80
        self._say(transfer, 0, len(answer) if inward else len(data), answer if inward else b"")

    def _write_out(self, transfer: _Transfer, data: bytes) -> None:
        try:
            self.device.sent(transfer.endpoint, data)
        except Stall:
            self._say(transfer, -errno.EPIPE, 0)
        except Silence:
            self._unanswered.append(transfer)
        except Short as short:
            self._say(transfer, 0, short.taken)
        else:
            self._say(transfer, 0, len(data))

    def _pace(self, transfer: _Transfer, data: bytes) -> None:
        """Let an isochronous transfer take as long as its frames take on the wire."""
        begins = max(time.monotonic(), self._free_at.get(transfer.endpoint, 0.0))
        transfer.due = begins + _FRAME_S * len(transfer.packets)
        self._free_at[transfer.endpoint] = transfer.due
        self._paced.append(transfer)
        if not transfer.endpoint & 0x80:
            self.device.sent(transfer.endpoint, data)

    def _answer_what_is_due(self) -> None:
        now = time.monotonic()
        for transfer in [each for each in self._paced if each.due <= now]:
            self._paced.remove(transfer)
            self._isochronous(transfer)

    def _isochronous(self, transfer: _Transfer) -> None:
        inward, endpoint = transfer.endpoint & 0x80, transfer.endpoint & 0x7F
        content, described = bytearray(), bytearray()
        for offset, length in transfer.packets:
            packet = self.device.packet(endpoint, length) if inward else b""
            done = len(packet) if inward else length
            content += packet
            described += _PACKET.pack(offset, length, done, 0)
        actual = len(content) if inward else transfer.length
        self._say(transfer, 0, actual, bytes(content + described), len(transfer.packets))

    def _answer_what_waits(self) -> None:
        for endpoint, transfers in self._waiting.items():
            while transfers:
                try:
                    said = self.device.says(endpoint & 0x7F, time.monotonic())
                except Stall:
                    self._say(transfers.popleft(), -errno.EPIPE, 0)
                    continue
                if said is None:
                    break
                transfer = transfers.popleft()
                fits = said[: transfer.length]
                status = 0 if len(fits) == len(said) else -errno.EOVERFLOW
                self._say(transfer, status, len(fits), fits)

    def _unlink(self, number: int, victim: int) -> None:
        every = [*self._waiting.values(), self._paced, self._unanswered]
        found = [(held, each) for held in every for each in held if each.number == victim]
        for held, transfer in found:
            held.remove(transfer)
        status = -errno.ECONNRESET if found else 0
        self._write(_HEAD.pack(_UNLINKED, number, 0, 0, 0) + _SAID.pack(status, 0, 0, 0, 0))

    def _say(
        self, transfer: _Transfer, status: int, actual: int, rest: bytes = b"", packets: int = 0
    ) -> None:
        head = _HEAD.pack(_DONE, transfer.number, 0, 0, 0)
        self._write(head + _SAID.pack(status, actual, 0, packets, 0) + rest)

    def _write(self, data: bytes) -> None:
        self._socket.sendall(data)

    def _exactly(self, count: int) -> bytes:
        got = bytearray()
        while len(got) < count:
            more = self._socket.recv(count - len(got))
            if not more:
                raise EOFError
            got += more
        return bytes(got)


def until(fact: Callable[[], bool], what: str, limit_s: float = 20.0) -> None:
    """Wait until `fact` holds; raise TimeoutError naming `what` was waited for."""
    end = time.monotonic() + limit_s
    while not fact():
        if time.monotonic() > end:
            raise TimeoutError(f"waited {limit_s:g} s for {what}")
        time.sleep(0.01)


def _free_port(other_than: set[int | None]) -> int:
    return next(port for port, state in _ports() if state == 4 and port not in other_than)


def is_free(port: int) -> bool:
    """Whether the controller calls a port free. The kernel may still know who had it."""
    return (port, 4) in _ports()


def _ports() -> list[tuple[int, int]]:
    """Return (port, state) of the controller's full- and high-speed ports; state 4 is free."""
    lines = [line.split() for line in (VHCI / "status").read_text().splitlines()]
    return [(int(line[1]), int(line[2])) for line in lines if line[0] == "hs"]


def write(file: Path, text: str) -> None:
    """Write in one go: Path.write_text tries again at close, which hides the kernel's errno."""
    handle = os.open(file, os.O_WRONLY)
    try:
        os.write(handle, text.encode())
    finally:
        os.close(handle)
