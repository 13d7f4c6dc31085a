"""What the kernel is asked of a video device's controls: Video4Linux structures and ioctl numbers.

Facts of `linux/videodev2.h`. ctypes lays the structures out as this machine's C compiler would, so
sizes, and with them the ioctl numbers, are right for 32 and 64 bits. Needs VIDIOC_QUERY_EXT_CTRL
(Linux 3.17). Knows no control's meaning, and no loop: every call blocks, and raises OSError.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import select
from collections.abc import Callable, Iterator
from ctypes import c_char, c_int32, c_int64, c_long, c_uint8, c_uint32, c_uint64
from dataclasses import dataclass

Ioctl = Callable[[int, int, ctypes.Structure], object]

INTEGER, BOOLEAN, MENU, BUTTON = 1, 2, 3, 4
DISABLED = 0x0001
CAPTURE, STREAMING = 0x0000_0001, 0x0400_0000

_NEXT = 0x8000_0000
_HAS_DEVICE_CAPS = 0x8000_0000
_EVENT_CTRL = 3
_WRITE, _READ = 1, 2


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


@dataclass(frozen=True, slots=True)
class Capability:
    """What a video device is; `caps` are those of this node."""

    driver: str
    card: str
    bus_info: str
    caps: int


@dataclass(frozen=True, slots=True)
class Control:
    """One control as its driver describes it; bit n of `items`: the menu has entry n."""

    id: int
    kind: int
    flags: int
    minimum: int
    maximum: int
    step: int
    default: int
    items: int = 0


class Node:
    """One open video device."""

    def __init__(self, handle: int, ioctl: Ioctl = fcntl.ioctl) -> None:
        self.handle = handle
        self._ioctl = ioctl

    @classmethod
    def open(cls, path: str, ioctl: Ioctl = fcntl.ioctl) -> Node:
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

    def controls(self) -> Iterator[Control]:
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

    def _control(self, found: QueryStruct) -> Control:
        bounds = (found.minimum, found.maximum, found.step, found.default)
        items = self._items(found) if found.type == MENU else 0
        return Control(found.id, found.type, found.flags, *bounds, items)

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
