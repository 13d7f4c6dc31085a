"""A gamepad or joystick by the kernel's evdev, shared with other programs: `evdev:auto`.

Or `evdev:/dev/input/by-id/usb-...-event-joystick`. A chunk is one or more events as the table says;
at the open, and after the kernel has lost some, every axis is told where it stands. Only reads:
no rumble, no lights. Knows no stick and no camera.

| bytes | what |
|---|---|
| 2 | type: 1 key, 3 axis; 0: events were lost, everything is let go |
| 2 | code, as in include/uapi/linux/input-event-codes.h |
| 4 | value: a key 0 up, 1 down; an axis -32767 to 32767 between the ends that its driver names |

All little-endian. What the node gives is `struct input_event`, include/uapi/linux/input.h.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import os
import struct
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from roomctl.errors import PortClosed, PortError, PortMissing, PortReason
from roomctl.frozen import frozen
from roomctl.ports.address import Address
from roomctl.ports.blocking import open_in_thread
from roomctl.ports.hotplug import open_when_there
from roomctl.ports.usb import FORBIDDEN, GONE
from roomctl.wire import Chunk, Identity

FRAME = struct.Struct("<HHi")
SYN, KEY, ABS = 0, 1, 3
LIMIT = 32767
SYN_DROPPED = 3
BTN_JOYSTICK, BTN_GAMEPAD = 0x120, 0x130  # one of them says what kind of thing it is
_ABS_X, _ABS_Y, _ABS_MAX = 0, 1, 0x3F
_EVENT = struct.Struct("@llHHi")  # the seconds are a long each, on 32-bit boards too
_ABSINFO = struct.Struct("@6i")  # value, minimum, maximum, fuzz, flat, resolution
_ID = struct.Struct("@4H")  # bus, vendor, product, version
_EVENTS_AT_ONCE = 64
_MOST_WAITING = 256  # chunks; whoever does not read loses the oldest, and then lets go
_NAME_BYTES = 256
RULES = "60-roomctl-controller.rules"
UDEV_RULE = 'SUBSYSTEM=="input", ENV{ID_INPUT_JOYSTICK}=="1", GROUP="roomctl", MODE="0660"'
SYSFS = Path("/sys/class/input")
DEV = Path("/dev/input")


@frozen
class AxisInfo:
    """Where an axis stands, and the ends that its driver names."""

    value: int
    low: int
    high: int

    def scaled(self, value: int) -> int:
        """Return -LIMIT to LIMIT; an axis without a range stands in the middle."""
        if self.high <= self.low:
            return 0
        part = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return round((2 * part - 1) * LIMIT)


Axes = Callable[[], Mapping[int, AxisInfo]]


def node_of(address: Address) -> str:
    """Return the node, or "auto"; PortError if none can be meant."""
    address.only(())
    if address.place != "auto" and not address.place.startswith("/"):
        raise address.refuse("is neither evdev:auto nor a path, such as evdev:/dev/input/event3")
    return address.place


async def open_port(address: Address, sysfs: Path = SYSFS, dev: Path = DEV) -> EvdevPort:
    """Open a node, or for `auto` the first gamepad or joystick; PortError says what to try."""
    node_of(address)

    async def opened() -> EvdevPort:
        descriptor = await open_in_thread(lambda: _open(address, sysfs, dev), os.close)
        return EvdevPort(descriptor, _identity(address.url, descriptor), lambda: _axes(descriptor))

    return await open_when_there(opened)


def controllers(sysfs: Path = SYSFS, dev: Path = DEV) -> Iterator[Path]:
    """Yield the nodes that have a stick and a button of a gamepad or joystick, in their order."""
    found = sorted(sysfs.glob("event*"), key=lambda path: (len(path.name), path.name))
    for node in found:
        keys = _bits(node / "device" / "capabilities" / "key")
        axes = _bits(node / "device" / "capabilities" / "abs")
        if axes >> _ABS_X & axes >> _ABS_Y & 1 and (keys >> BTN_JOYSTICK | keys >> BTN_GAMEPAD) & 1:
            yield dev / node.name


def _bits(path: Path) -> int:
    """Return the bitmap that sysfs shows as words of a long, the highest first."""
    bits, width = 0, 8 * struct.calcsize("@l")
    try:
        for word in path.read_text(encoding="ascii").split():
            bits = bits << width | int(word, 16)
    except (OSError, ValueError):
        return 0
    return bits


def _open(address: Address, sysfs: Path, dev: Path) -> int:
    path = address.place
    if path == "auto":
        found = next(controllers(sysfs, dev), None)
        if found is None:
            raise PortMissing(address.url, "no gamepad and no joystick is plugged in")
        path = str(found)
    try:
        return os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise _not_opened(address.url, path, error) from error


def _not_opened(url: str, path: str, error: OSError) -> PortError:
    if error.errno in FORBIDDEN:
        why = f"{path} may not be opened; copy {RULES} to /etc/udev/rules.d"
        return PortError(url, f"{why}, or add this line there: {UDEV_RULE}", PortReason.PERMISSION)
    if error.errno in (*GONE, errno.ENOENT):
        return PortMissing(url, f"{path} is not there; plug it in, or switch it on")
    return PortError(url, f"{path} cannot be opened ({error.strerror})")


def _ask(descriptor: int, number: int, size: int) -> bytes:
    """Return what the ioctl _IOR('E', number, size) answers; OSError."""
    reply = bytearray(size)
    fcntl.ioctl(descriptor, 2 << 30 | size << 16 | ord("E") << 8 | number, reply)
    return bytes(reply)


def _axes(descriptor: int) -> dict[int, AxisInfo]:
    bits = int.from_bytes(_ask(descriptor, 0x20 + ABS, _ABS_MAX // 8 + 1), "little")
    present = [code for code in range(_ABS_MAX + 1) if bits >> code & 1]
    told = {code: _ABSINFO.unpack(_ask(descriptor, 0x40 + code, _ABSINFO.size)) for code in present}
    return {code: AxisInfo(*info[:3]) for code, info in told.items()}


def _identity(url: str, descriptor: int) -> Identity:
    path = os.readlink(f"/proc/self/fd/{descriptor}")
    vid = pid = version = product = None
    with contextlib.suppress(OSError):
        _, vid, pid, version = _ID.unpack(_ask(descriptor, 0x02, _ID.size))
        name = _ask(descriptor, 0x06, _NAME_BYTES).split(b"\0", 1)[0]
        product = name.decode("utf-8", "replace") or None
    return Identity(url, path, vid, pid, version, product=product)


class EvdevPort:
    """An open node; `axes` says where they stand."""

    def __init__(self, descriptor: int, identity: Identity, axes: Axes) -> None:
        self.identity = identity
        self._fd: int | None = descriptor
        self._axes = axes
        self._known: Mapping[int, AxisInfo] = {}
        self._came: deque[Chunk] = deque()
        self._news = asyncio.Event()
        self._gone: str | None = None
        self._lost = False  # until the next report, what comes is incomplete
        self._loop = asyncio.get_running_loop()
        self._tell_all()
        if self._fd is not None:
            self._loop.add_reader(descriptor, self._take)

    async def read(self) -> Chunk:
        """Wait for events; a cancelled read loses none, the next one gets them."""
        while not self._came:
            if self._gone is not None:
                raise PortClosed(self.identity.url, self._gone)
            self._news.clear()
            await self._news.wait()
        return self._came.popleft()

    async def write(self, data: bytes) -> None:
        raise PortError(self.identity.url, "a controller is only read", PortReason.UNSUPPORTED)

    async def close(self) -> None:
        self._end("the port is closed")

    def _take(self) -> None:
        assert self._fd is not None  # noqa: S101 - the reader goes with the descriptor
        try:
            data = os.read(self._fd, _EVENT.size * _EVENTS_AT_ONCE)
        except BlockingIOError:
            return
        except OSError as error:
            self._end(f"was unplugged, or switched off ({error.strerror})")
            return
        if not data:
            self._end("was unplugged, or switched off")
            return
        frames = bytearray()
        for _, _, kind, code, value in _EVENT.iter_unpack(
            data[: len(data) // _EVENT.size * _EVENT.size]
        ):
            frames += self._frame(kind, code, value)
        if frames:
            self._tell(bytes(frames))

    def _frame(self, kind: int, code: int, value: int) -> bytes:
        if kind == SYN and code == SYN_DROPPED:
            self._lost = True
        elif kind == SYN and self._lost:
            self._lost = False
            return self._everything()
        elif kind == ABS and code in self._known and not self._lost:
            return FRAME.pack(ABS, code, self._known[code].scaled(value))
        elif kind == KEY and value in (0, 1) and not self._lost:
            return FRAME.pack(KEY, code, value)
        return b""

    def _tell_all(self) -> None:
        if frames := self._everything():
            self._tell(frames)

    def _everything(self) -> bytes:
        """Return that events were lost, and where each axis stands."""
        try:
            self._known = self._axes()
        except OSError as error:
            self._end(f"does not report the position of its axes ({error.strerror})")
            return b""
        told = (
            FRAME.pack(ABS, code, axis.scaled(axis.value)) for code, axis in self._known.items()
        )
        return FRAME.pack(SYN, SYN_DROPPED, 0) + b"".join(told)

    def _tell(self, frames: bytes) -> None:
        if len(self._came) >= _MOST_WAITING:
            self._came.clear()
            frames = self._everything()
        self._came.append(Chunk(frames, time.monotonic()))
        self._news.set()

    def _end(self, why: str) -> None:
        if self._fd is not None:
            self._loop.remove_reader(self._fd)
            os.close(self._fd)
            self._fd = None
            self._gone = why
            self._news.set()
