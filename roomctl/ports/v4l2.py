"""The controls of a video device by Video4Linux: `v4l2:/dev/video0`, or a name of /dev/v4l/by-id.

Knows no control's meaning. Controls may be used while another program has the picture. Frames are
little-endian; what is written is of the kinds 1, 2, 3 and 7, what is read of the others:

    kind 1 list        u8 kind, 3 zero, u32 0, i32 0       describe every control, then say the end
    kind 2 get         u8 kind, 3 zero, u32 control, i32 0
    kind 3 set         u8 kind, 3 zero, u32 control, i32 value
    kind 4 value       u8 kind, 3 zero, u32 control, i32 value
    kind 5 control     u8 kind, u8 type, 2 zero, u32 control, u32 flags, i32 minimum, i32 maximum,
                       u32 step, i32 default, u32 items (bit n: the menu has entry n)
    kind 6 end         u8 kind, 3 zero, u32 0, i32 number of controls
    kind 7 both        u8 kind, 3 zero, u32 control, i32 value, u32 control, i32 value

Every get and set is followed by the value as the driver has it then (both by two), and so is a
change made by another program where the driver tells of it. Type and flags are V4L2's own numbers.

Structures and ioctl numbers are those of `linux/videodev2.h`. ctypes lays the structures out as
this machine's C compiler would, so sizes, and with them the ioctl numbers, are right for 32 and 64
bits. Needs VIDIOC_QUERY_EXT_CTRL (Linux 3.17). A `VideoNode` knows no loop: every call of it
blocks, and raises OSError.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import errno
import fcntl
import os
import select
import struct
import time
from collections.abc import Callable, Iterator
from ctypes import c_char, c_int32, c_int64, c_long, c_uint8, c_uint32, c_uint64
from pathlib import Path

from roomctl.errors import PortClosed, PortError, PortReason
from roomctl.frozen import frozen
from roomctl.ports.address import Address
from roomctl.ports.blocking import BlockingCalls, open_in_thread
from roomctl.wire import Chunk, Identity

Ioctl = Callable[[int, int, ctypes.Structure], object]
BY_ID = Path("/dev/v4l/by-id")
SYSFS = Path("/sys/class/video4linux")

INTEGER, BOOLEAN, MENU, BUTTON = 1, 2, 3, 4
DISABLED = 0x0001
CAPTURE, STREAMING = 0x0000_0001, 0x0400_0000

_NEXT = 0x8000_0000
_HAS_DEVICE_CAPS = 0x8000_0000
_EVENT_CTRL = 3
_WRITE, _READ = 1, 2
LIST, GET, SET, VALUE, CONTROL, END, BOTH = range(1, 8)
_SHORT = struct.Struct("<B3xIi")
_PAIR = struct.Struct("<B3xIiIi")
_LONG = struct.Struct("<BB2xIIiiIiI")

# An unplug shows as ENODEV; while it is under way, as one of the others.
GONE = frozenset({errno.ENODEV, errno.ENXIO, errno.ESHUTDOWN, errno.EBADF})
_EVENT_S = 0.2  # how long one wait for events lasts, and so how soon a close or an unplug is seen
_ANSWER_S = 6.0  # uvcvideo gives a camera 5 s to answer (UVC_CTRL_CONTROL_TIMEOUT)
_CLOSE_LIMIT_S = 1.0
_I32, _U32 = (-(2**31), 2**31 - 1), 2**32 - 1


def ioctl_number(direction: int, number: int, argument: type[ctypes.Structure]) -> int:
    """Return an ioctl number of 'V' (asm-generic/ioctl.h; ARM, x86 and RISC-V have these)."""
    return direction << 30 | ctypes.sizeof(argument) << 16 | ord("V") << 8 | number


def ior(number: int, argument: type[ctypes.Structure]) -> int:
    return ioctl_number(_READ, number, argument)


def iow(number: int, argument: type[ctypes.Structure]) -> int:
    return ioctl_number(_WRITE, number, argument)


def iowr(number: int, argument: type[ctypes.Structure]) -> int:
    return ioctl_number(_READ | _WRITE, number, argument)


class CapabilityStruct(ctypes.Structure):
    """v4l2_capability."""

    _fields_ = (
        ("driver", c_char * 16),
        ("card", c_char * 32),
        ("bus_info", c_char * 32),
        ("version", c_uint32),
        ("capabilities", c_uint32),
        ("device_caps", c_uint32),
        ("reserved", c_uint32 * 3),
    )


class QueryStruct(ctypes.Structure):
    """v4l2_query_ext_ctrl."""

    _fields_ = (
        ("id", c_uint32),
        ("type", c_uint32),
        ("name", c_char * 32),
        ("minimum", c_int64),
        ("maximum", c_int64),
        ("step", c_uint64),
        ("default", c_int64),
        ("flags", c_uint32),
        ("elem_size", c_uint32),
        ("elems", c_uint32),
        ("nr_of_dims", c_uint32),
        ("dims", c_uint32 * 4),
        ("reserved", c_uint32 * 32),
    )


class MenuStruct(ctypes.Structure):
    """v4l2_querymenu."""

    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (
        ("id", c_uint32),
        ("index", c_uint32),
        ("name", c_uint8 * 32),
        ("reserved", c_uint32),
    )


class ControlStruct(ctypes.Structure):
    """v4l2_ext_control; the value is the first half of a union of 8 bytes."""

    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (
        ("id", c_uint32),
        ("size", c_uint32),
        ("reserved2", c_uint32),
        ("value", c_int32),
        ("more", c_int32),
    )


class ControlsStruct(ctypes.Structure):
    """v4l2_ext_controls; `which` 0 is the current value."""

    _fields_ = (
        ("which", c_uint32),
        ("count", c_uint32),
        ("error_idx", c_uint32),
        ("request_fd", c_int32),
        ("reserved", c_uint32),
        ("controls", ctypes.POINTER(ControlStruct)),
    )


class SubscriptionStruct(ctypes.Structure):
    """v4l2_event_subscription."""

    _fields_ = (
        ("type", c_uint32),
        ("id", c_uint32),
        ("flags", c_uint32),
        ("reserved", c_uint32 * 5),
    )


class _EventControl(ctypes.Structure):
    """v4l2_event_ctrl: what changed, and the value in a union of 8 bytes."""

    _fields_ = (
        ("changes", c_uint32),
        ("type", c_uint32),
        ("value", c_int32),
        ("more", c_int32),
        ("flags", c_uint32),
        ("minimum", c_int32),
        ("maximum", c_int32),
        ("step", c_int32),
        ("default_value", c_int32),
    )


class _EventUnion(ctypes.Union):
    _fields_ = (("ctrl", _EventControl), ("data", c_uint64 * 8))


class EventStruct(ctypes.Structure):
    """v4l2_event; the kernel takes its time stamp in two machine words."""

    _fields_ = (
        ("type", c_uint32),
        ("u", _EventUnion),
        ("pending", c_uint32),
        ("sequence", c_uint32),
        ("timestamp", c_long * 2),
        ("id", c_uint32),
        ("reserved", c_uint32 * 8),
    )


QUERYCAP = ior(0, CapabilityStruct)
QUERYMENU = iowr(37, MenuStruct)
G_EXT_CTRLS = iowr(71, ControlsStruct)
S_EXT_CTRLS = iowr(72, ControlsStruct)
DQEVENT = ior(89, EventStruct)
SUBSCRIBE_EVENT = iow(90, SubscriptionStruct)
QUERY_EXT_CTRL = iowr(103, QueryStruct)


@frozen
class Capability:
    """What a video device is; `caps` are those of this node."""

    driver: str
    card: str
    bus_info: str
    caps: int


@frozen
class ControlInfo:
    """One control as its driver describes it; bit n of `items`: the menu has entry n."""

    id: int
    kind: int
    flags: int
    minimum: int
    maximum: int
    step: int
    default: int
    items: int = 0


class VideoNode:
    """One open video device."""

    def __init__(self, handle: int, ioctl: Ioctl = fcntl.ioctl) -> None:
        self.handle = handle
        self._ioctl = ioctl

    @classmethod
    def open(cls, path: str, ioctl: Ioctl = fcntl.ioctl) -> VideoNode:
        """Open `path` for controls; a video device may be open many times."""
        return cls(os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC), ioctl)

    def close(self) -> None:
        os.close(self.handle)

    def ask(self, number: int, argument: ctypes.Structure) -> None:
        """Do one ioctl; `argument` is changed in place."""
        self._ioctl(self.handle, number, argument)

    def capability(self) -> Capability:
        found = CapabilityStruct()
        self.ask(QUERYCAP, found)
        caps = found.capabilities
        caps = found.device_caps if caps & _HAS_DEVICE_CAPS else caps
        return Capability(_text(found.driver), _text(found.card), _text(found.bus_info), caps)

    def controls(self) -> Iterator[ControlInfo]:
        """List the integers, switches, menus and buttons that the driver has."""
        wanted = _NEXT
        while True:
            found = QueryStruct(id=wanted)
            try:
                self.ask(QUERY_EXT_CTRL, found)
            except OSError as error:
                if error.errno in (errno.EINVAL, errno.ENOTTY):
                    return  # the last one; or the driver has no control at all
                raise
            wanted = found.id | _NEXT
            if found.type in (INTEGER, BOOLEAN, MENU, BUTTON) and not found.flags & DISABLED:
                yield self._control(found)

    def _control(self, found: QueryStruct) -> ControlInfo:
        bounds = (found.minimum, found.maximum, found.step, found.default)
        items = self._items(found) if found.type == MENU else 0
        return ControlInfo(found.id, found.type, found.flags, *bounds, items)

    def _items(self, menu: QueryStruct) -> int:
        items = 0
        for index in range(max(0, menu.minimum), min(31, menu.maximum) + 1):
            try:
                self.ask(QUERYMENU, MenuStruct(id=menu.id, index=index))
            except OSError as error:
                if error.errno != errno.EINVAL:
                    raise
            else:
                items |= 1 << index
        return items

    def get(self, control: int) -> int:
        return self._exchange(G_EXT_CTRLS, (control, 0))[0][1]

    def set(self, *pairs: tuple[int, int]) -> list[tuple[int, int]]:
        """Set (control, value) pairs at once; return them with what the driver made of each."""
        return self._exchange(S_EXT_CTRLS, *pairs)

    def _exchange(self, number: int, *pairs: tuple[int, int]) -> list[tuple[int, int]]:
        each = (ControlStruct * len(pairs))(*(ControlStruct(id=c, value=v) for c, v in pairs))
        first = ctypes.cast(each, ctypes.POINTER(ControlStruct))
        self.ask(number, ControlsStruct(count=len(pairs), controls=first))
        return [(int(one.id), int(one.value)) for one in each]

    def subscribe(self, control: int) -> bool:
        """Ask for an event when somebody else changes a control; False if there are none."""
        try:
            self.ask(SUBSCRIBE_EVENT, SubscriptionStruct(type=_EVENT_CTRL, id=control))
        except OSError as error:
            if error.errno in (errno.EINVAL, errno.ENOTTY):
                return False
            raise
        return True

    def events(self, limit_s: float) -> list[tuple[int, int]]:
        """Wait at most `limit_s` for changes: (control, value). ENODEV: it was unplugged."""
        poll = select.poll()
        poll.register(self.handle, select.POLLPRI)
        found: list[tuple[int, int]] = []
        for _, what in poll.poll(limit_s * 1000):
            if what & select.POLLPRI and not what & select.POLLERR:
                found += self._pending()
            elif what & (select.POLLERR | select.POLLHUP | select.POLLNVAL):
                raise OSError(errno.ENODEV, os.strerror(errno.ENODEV))
        return found

    def _pending(self) -> Iterator[tuple[int, int]]:
        more = True
        while more:
            event = EventStruct()
            try:
                self.ask(DQEVENT, event)
            except OSError as error:
                if error.errno in (errno.ENOENT, errno.EAGAIN):
                    return
                raise
            more = event.pending > 0
            if event.type == _EVENT_CTRL:
                yield event.id, event.u.ctrl.value


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def must_be_path(address: Address) -> None:
    """Refuse a URL that names no node (PortError)."""
    address.only(())
    if not address.place.startswith("/"):
        raise address.refuse(f"is not a path; write it like {address.scheme}:/dev/video0")


async def open_port(
    address: Address, opened: Callable[[str], VideoNode] = VideoNode.open
) -> V4l2Port:
    """Open `v4l2:/dev/video0`; raise PortError saying what to try."""
    must_be_path(address)
    try:
        node, identity = await open_in_thread(lambda: _open(address, opened), _close_late)
    except OSError as error:
        raise open_error(address.url, address.place, error) from error
    return V4l2Port(node, identity)


def _open(address: Address, opened: Callable[[str], VideoNode]) -> tuple[VideoNode, Identity]:
    node = opened(address.place)
    try:
        return node, identity_of(address.url, address.place, node.capability().card)
    except BaseException:
        node.close()
        raise


def _close_late(opened: tuple[VideoNode, Identity]) -> None:
    opened[0].close()


class V4l2Port:
    """An open video device's controls."""

    def __init__(self, node: VideoNode, identity: Identity) -> None:
        self.identity = identity
        self._node = node
        self._blocking = BlockingCalls()
        self._incoming: asyncio.Queue[Chunk | None] = asyncio.Queue()
        self._gone: str | None = None
        self._closing: asyncio.Task[None] | None = None
        self._watching = asyncio.ensure_future(self._watch())

    async def read(self) -> Chunk:
        chunk = None if self._gone and self._incoming.empty() else await self._incoming.get()
        if chunk is None:
            raise PortClosed(self.identity.url, self._gone or "the port is closed")
        return chunk

    async def write(self, data: bytes) -> None:
        """Do what one frame asks; PortError if the driver or the camera refuses."""
        if self._gone is not None:
            raise PortClosed(self.identity.url, self._gone)
        kind, control, *rest = (_PAIR if data[0] == BOTH else _SHORT).unpack(data)
        doing = self._blocking.start(self._done, kind, control, *rest)
        try:
            async with asyncio.timeout(_ANSWER_S):
                answers = await asyncio.shield(doing)
        except TimeoutError as error:
            raise self._lost(f"no answer within {_ANSWER_S:g} s; plug it in again") from error
        except OSError as error:
            raise self._failed(control, error) from error
        for answer in answers:
            self._incoming.put_nowait(Chunk(answer, time.monotonic()))

    async def close(self) -> None:
        if self._closing is None:
            self._lost("the port is closed")
            self._closing = asyncio.ensure_future(self._shut())
        await asyncio.shield(self._closing)

    async def _shut(self) -> None:
        self._watching.cancel()
        await asyncio.gather(self._watching, return_exceptions=True)
        if await self._blocking.ended(_CLOSE_LIMIT_S):
            with contextlib.suppress(OSError):
                self._node.close()
        else:  # the number must not become somebody else's while a thread still uses it
            self._hanging = asyncio.ensure_future(self._blocking.ended(10 * _ANSWER_S))
            self._hanging.add_done_callback(lambda _: self._node.close())

    async def _watch(self) -> None:
        """Pass on what other programs change, and notice an unplug."""
        while self._gone is None:
            try:
                events = await self._blocking.run(self._node.events, _EVENT_S)
            except OSError as error:
                self._lost(f"the camera is gone ({error.strerror}); is it plugged in?")
                return
            for control, value in events:
                self._incoming.put_nowait(Chunk(_short(VALUE, control, value), time.monotonic()))

    def _done(self, kind: int, control: int, value: int, *more: int) -> list[bytes]:
        if kind == LIST:
            return self._described()
        if kind == GET:
            return [_short(VALUE, control, self._node.get(control))]
        pairs = [(control, value), *zip(more[::2], more[1::2], strict=True)]
        return [_short(VALUE, *pair) for pair in self._node.set(*pairs)]

    def _described(self) -> list[bytes]:
        frames = []
        for found in self._node.controls():
            low, high = _clamp(found.minimum), _clamp(found.maximum)
            bounds = (low, high, min(found.step, _U32), _clamp(found.default))
            frames.append(
                _LONG.pack(CONTROL, found.kind, found.id, found.flags, *bounds, found.items)
            )
            self._node.subscribe(found.id)
        return [*frames, _short(END, 0, len(frames))]

    def _failed(self, control: int, error: OSError) -> PortError:
        if error.errno in GONE:
            return self._lost(f"the camera is gone ({error.strerror}); is it plugged in?")
        why = _REFUSALS.get(error.errno or 0, f"failed ({error.strerror})")
        return PortError(self.identity.url, f"control {control:#010x} {why}")

    def _lost(self, why: str) -> PortClosed:
        if self._gone is None:
            self._gone = why
            self._incoming.put_nowait(None)
        return PortClosed(self.identity.url, self._gone)


_REFUSALS = {
    errno.EACCES: "cannot be written, or cannot be read",
    errno.EBUSY: "is held by another program",
    errno.EINVAL: "is not there",
    errno.ERANGE: "does not take this value",
    errno.EPIPE: "was refused by the camera (STALL)",
    errno.EIO: "failed: the camera refused it",
    errno.ETIMEDOUT: "failed: the camera did not answer",
}


def _short(kind: int, control: int, value: int) -> bytes:
    return _SHORT.pack(kind, control, value)


def _clamp(value: int) -> int:
    return min(max(value, _I32[0]), _I32[1])


def identity_of(url: str, path: str, card: str, sysfs: Path = SYSFS) -> Identity:
    """Return what the system knows of the video device at `path` (which may be a by-id link)."""
    node = os.path.realpath(path)
    usb = (sysfs / Path(node).name / "device").resolve().parent
    return Identity(
        url=url,
        path=node,
        vid=_hex(usb / "idVendor"),
        pid=_hex(usb / "idProduct"),
        bcd_device=_hex(usb / "bcdDevice"),
        serial_number=_line(usb / "serial"),
        port_path=usb.name if (usb / "idVendor").exists() else None,
        product=card or None,
    )


def _line(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip() or None
    except OSError:
        return None


def _hex(path: Path) -> int | None:
    text = _line(path)
    return int(text, 16) if text else None


def open_error(url: str, place: str, error: OSError) -> PortError:
    """Say why a video device could not be opened, and what to try."""
    number = error.errno
    if number in (errno.ENOENT, *GONE):
        return PortError(url, f"there is no {place}; {_what_is_there()}", PortReason.MISSING)
    if number in (errno.EACCES, errno.EPERM):
        why = f"no permission for {place}; `sudo usermod -aG video $USER`, then log in again"
        return PortError(url, why, PortReason.PERMISSION)
    if number == errno.EBUSY:
        why = f"{place} is in use by another program; `fuser {place}` names it"
        return PortError(url, why, PortReason.BUSY)
    if number in (errno.ENOTTY, errno.EINVAL, errno.EISDIR):
        return PortError(url, f"{place} is not a video device", PortReason.UNSUPPORTED)
    return PortError(url, f"{place} cannot be opened ({error.strerror})", PortReason.IO)


def _what_is_there() -> str:
    names = sorted(str(path) for path in BY_ID.glob("*")) or sorted(
        str(path) for path in Path("/dev").glob("video*")
    )
    return f"there are: {', '.join(names)}" if names else "no video device is plugged in"
