"""Still pictures from a video device that nobody else uses: `picture:`, `pictures:/dev/video0`.

Reading `picture:` yields one picture, whole, and then the end; `pictures:` keeps the device and
yields the next one with every read, until it is closed. It is a JPEG as the camera makes it; a
camera that has only raw pictures gives none, for there is no image library here. A device that
another program streams from is busy: its picture is not touched. Knows no camera and no preset.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import mmap
import os
import select
import time
from collections.abc import Callable, Iterator
from ctypes import c_char, c_int32, c_long, c_uint8, c_uint32, c_ulong

from roomctl.errors import PortClosed, PortError, PortReason
from roomctl.ports.address import Address
from roomctl.ports.blocking import BlockingCalls, open_in_thread
from roomctl.ports.v4l2 import (
    CAPTURE,
    STREAMING,
    VideoNode,
    identity_of,
    iow,
    iowr,
    must_be_path,
    open_error,
)
from roomctl.wire import Chunk, Identity

LIMIT_S = 2.0
LARGEST = 1 << 20  # bytes

_WIDTH, _HEIGHT = 640, 360  # asked for; the driver takes the nearest that the camera has
_SETTLING = 4  # pictures let pass, for exposure and white balance to settle
_VIDEO_CAPTURE, _MMAP = 1, 1
_ERROR = 0x40
_JPEGS = (int.from_bytes(b"MJPG", "little"), int.from_bytes(b"JPEG", "little"))
_BEGIN = b"\xff\xd8"


class FormatDescription(ctypes.Structure):
    """v4l2_fmtdesc."""

    _fields_ = (
        ("index", c_uint32),
        ("type", c_uint32),
        ("flags", c_uint32),
        ("description", c_char * 32),
        ("pixelformat", c_uint32),
        ("mbus_code", c_uint32),
        ("reserved", c_uint32 * 3),
    )


class _Pixels(ctypes.Structure):
    """The beginning of v4l2_pix_format, as far as it is used."""

    _fields_ = (("width", c_uint32), ("height", c_uint32), ("pixelformat", c_uint32))


class _FormatUnion(ctypes.Union):
    _fields_ = (("pix", _Pixels), ("data", c_ulong * (200 // ctypes.sizeof(c_ulong))))


class Format(ctypes.Structure):
    """v4l2_format."""

    _fields_ = (("type", c_uint32), ("fmt", _FormatUnion))


class BufferRequest(ctypes.Structure):
    """v4l2_requestbuffers."""

    _fields_ = (
        ("count", c_uint32),
        ("type", c_uint32),
        ("memory", c_uint32),
        ("capabilities", c_uint32),
        ("flags", c_uint8),
        ("reserved", c_uint8 * 3),
    )


class Buffer(ctypes.Structure):
    """v4l2_buffer; its union `m` is as wide as a pointer, the offset its first 32 bits."""

    _fields_ = (
        ("index", c_uint32),
        ("type", c_uint32),
        ("bytesused", c_uint32),
        ("flags", c_uint32),
        ("field", c_uint32),
        ("timestamp", c_long * 2),
        ("timecode", c_uint32 * 4),
        ("sequence", c_uint32),
        ("memory", c_uint32),
        ("offset", c_ulong),
        ("length", c_uint32),
        ("reserved2", c_uint32),
        ("request_fd", c_int32),
    )


class BufferType(ctypes.Structure):
    """An enum v4l2_buf_type."""

    _fields_ = (("type", c_int32),)


ENUM_FMT = iowr(2, FormatDescription)
S_FMT = iowr(5, Format)
REQBUFS = iowr(8, BufferRequest)
QUERYBUF = iowr(9, Buffer)
QBUF = iowr(15, Buffer)
DQBUF = iowr(17, Buffer)
STREAMON = iow(18, BufferType)
STREAMOFF = iow(19, BufferType)


class PicturePort:
    """One picture, ready to be read."""

    def __init__(self, identity: Identity, chunk: Chunk) -> None:
        self.identity = identity
        self._chunk: Chunk | None = chunk

    async def read(self) -> Chunk:
        """Return the picture; PortClosed when it has been read."""
        chunk, self._chunk = self._chunk, None
        if chunk is None:
            raise PortClosed(self.identity.url, "there was one picture")
        return chunk

    async def write(self, data: bytes) -> None:
        raise PortError(self.identity.url, "a picture is only read", PortReason.UNSUPPORTED)

    async def close(self) -> None:
        self._chunk = None


class PicturesPort:
    """A video device that streams; every read yields the next good picture."""

    def __init__(self, stream: _Stream, identity: Identity) -> None:
        self.identity = identity
        self._stream = stream
        self._blocking = BlockingCalls()
        self._open = True

    async def read(self) -> Chunk:
        """Return the next picture; PortError: none came within LIMIT_S. The device stays open."""
        if not self._open:
            raise PortClosed(self.identity.url)
        try:
            data = await self._blocking.run(self._stream.next_good, time.monotonic() + LIMIT_S)
        except OSError as error:
            raise PortClosed(self.identity.url, f"the camera is gone ({error.strerror})") from error
        return Chunk(data, time.monotonic())

    async def write(self, data: bytes) -> None:
        raise PortError(self.identity.url, "pictures are only read", PortReason.UNSUPPORTED)

    async def close(self) -> None:
        """Let go of the device, once a read that is under way has ended."""
        if self._open:
            self._open = False
            await self._blocking.ended(LIMIT_S + 1)
            await self._blocking.run(self._stream.close)


async def open_pictures(
    address: Address, opened: Callable[[str], VideoNode] = VideoNode.open
) -> PicturesPort:
    """Have `pictures:/dev/video0` stream; PortError BUSY: it is in use."""
    must_be_path(address)
    try:
        stream = await open_in_thread(lambda: _Stream(address, opened), _Stream.close)
    except OSError as error:
        raise open_error(address.url, address.place, error) from error
    return PicturesPort(stream, stream.identity)


async def open_port(
    address: Address, opened: Callable[[str], VideoNode] = VideoNode.open, limit_s: float = LIMIT_S
) -> PicturePort:
    """Take the picture of `picture:/dev/video0`, within `limit_s`; PortError BUSY: it is in use."""
    must_be_path(address)
    try:
        return await open_in_thread(lambda: _taken(address, opened, limit_s), lambda port: None)
    except OSError as error:
        raise open_error(address.url, address.place, error) from error


def _taken(address: Address, opened: Callable[[str], VideoNode], limit_s: float) -> PicturePort:
    until = time.monotonic() + limit_s
    stream = _Stream(address, opened)
    try:
        for _ in range(_SETTLING):
            stream.next_good(until)
        return PicturePort(stream.identity, Chunk(stream.next_good(until), time.monotonic()))
    finally:
        stream.close()


class _Stream:
    """A video device that has been opened and set streaming; every method blocks."""

    def __init__(self, address: Address, opened: Callable[[str], VideoNode]) -> None:
        self._url = address.url
        self._node = opened(address.place)
        self._mapped = contextlib.ExitStack()
        try:
            capability = self._node.capability()
            if not (capability.caps & CAPTURE and capability.caps & STREAMING):
                raise address.refuse(f"{capability.card} gives no pictures")
            _choose_jpeg(address, self._node)
            self.identity = identity_of(address.url, address.place, capability.card)
            self._buffers = self._begun()
        except BaseException:
            self.close()
            raise

    def _begun(self) -> list[mmap.mmap]:
        node, asked = self._node, BufferRequest(count=2, type=_VIDEO_CAPTURE, memory=_MMAP)
        node.ask(REQBUFS, asked)
        enter = self._mapped.enter_context
        buffers = [enter(_mapped(node, index)) for index in range(asked.count)]
        self._mapped.callback(_stop, node)
        for index in range(asked.count):
            node.ask(QBUF, Buffer(index=index, type=_VIDEO_CAPTURE, memory=_MMAP))
        node.ask(STREAMON, BufferType(_VIDEO_CAPTURE))
        return buffers

    def next_good(self, until: float) -> bytes:
        """Return the next picture that came whole; PortError: none did until then."""
        while (left_s := until - time.monotonic()) > 0:
            if (picture := _next(self._node, self._buffers, left_s)) is not None:
                return picture
        raise PortError(self._url, "no good picture in time", PortReason.IO)

    def close(self) -> None:
        try:
            self._mapped.close()
        finally:
            self._node.close()


def _choose_jpeg(address: Address, node: VideoNode) -> None:
    wanted = next((each for each in _formats(node) if each in _JPEGS), None)
    if wanted is None:
        raise address.refuse("has only raw pictures; a picture of a preset needs a JPEG")
    asked = Format(type=_VIDEO_CAPTURE)
    asked.fmt.pix = _Pixels(_WIDTH, _HEIGHT, wanted)
    node.ask(S_FMT, asked)
    if asked.fmt.pix.pixelformat != wanted:
        raise address.refuse("says that it has JPEG pictures, and does not give them")


def _formats(node: VideoNode) -> Iterator[int]:
    for index in range(64):
        found = FormatDescription(index=index, type=_VIDEO_CAPTURE)
        try:
            node.ask(ENUM_FMT, found)
        except OSError as error:
            if error.errno == errno.EINVAL:
                return
            raise
        yield found.pixelformat


@contextlib.contextmanager
def _mapped(node: VideoNode, index: int) -> Iterator[mmap.mmap]:
    buffer = Buffer(index=index, type=_VIDEO_CAPTURE, memory=_MMAP)
    node.ask(QUERYBUF, buffer)
    offset = buffer.offset & 0xFFFF_FFFF
    with mmap.mmap(node.handle, buffer.length, offset=offset) as mapped:
        yield mapped


def _next(node: VideoNode, buffers: list[mmap.mmap], limit_s: float) -> bytes | None:
    """Wait for a picture; None if it came damaged, too large, or not in time."""
    poll = select.poll()
    poll.register(node.handle, select.POLLIN)
    if not poll.poll(limit_s * 1000):
        return None
    buffer = Buffer(type=_VIDEO_CAPTURE, memory=_MMAP)
    try:
        node.ask(DQBUF, buffer)
    except OSError as error:
        if error.errno == errno.EINVAL:  # so uvcvideo calls an unplug while it streams
            raise OSError(errno.ENODEV, os.strerror(errno.ENODEV)) from error
        raise
    data = buffers[buffer.index][: buffer.bytesused]
    node.ask(QBUF, buffer)
    good = not buffer.flags & _ERROR and data.startswith(_BEGIN) and len(data) <= LARGEST
    return data if good else None


def _stop(node: VideoNode) -> None:
    with contextlib.suppress(OSError):  # unplugged meanwhile
        node.ask(STREAMOFF, BufferType(_VIDEO_CAPTURE))
