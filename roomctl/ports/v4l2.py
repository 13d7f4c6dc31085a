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
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import struct
import time
from collections.abc import Callable
from pathlib import Path

from roomctl.errors import PortClosed, PortError, PortReason
from roomctl.ports.address import Address
from roomctl.ports.blocking import Blocking, open_in_thread
from roomctl.ports.v4l2_ioctl import Node
from roomctl.wire import Chunk, Identity

BY_ID = Path("/dev/v4l/by-id")
SYSFS = Path("/sys/class/video4linux")

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


async def open_port(address: Address, opened: Callable[[str], Node] = Node.open) -> V4l2Port:
    """Open `v4l2:/dev/video0`; raise PortError saying what to try."""
    address.only(())
    if not address.place.startswith("/"):
        raise address.refuse("is not a path; write it like v4l2:/dev/video0")
    try:
        node, identity = await open_in_thread(lambda: _open(address, opened), _close_late)
    except OSError as error:
        raise explained(address.url, address.place, error) from error
    return V4l2Port(node, identity)


def _open(address: Address, opened: Callable[[str], Node]) -> tuple[Node, Identity]:
    node = opened(address.place)
    try:
        return node, identity_of(address.url, address.place, node.capability().card)
    except BaseException:
        node.close()
        raise


def _close_late(opened: tuple[Node, Identity]) -> None:
    opened[0].close()


class V4l2Port:
    """An open video device's controls."""

    def __init__(self, node: Node, identity: Identity) -> None:
        self.identity = identity
        self._node = node
        self._blocking = Blocking()
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


def explained(url: str, place: str, error: OSError) -> PortError:
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
