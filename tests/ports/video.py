"""A stand-in for the kernel's side of a video device: it takes ioctl numbers and structures."""

import ctypes
import errno
import os
import socket
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field

from roomctl.ports import picture, v4l2

CAPTURES = v4l2.CAPTURE | v4l2.STREAMING
MJPG, YUYV = 0x47504A4D, 0x56595559
PAN, MODE, SPEED, BUTTON = 0x009A0908, 0x009A0901, 0x009A0920, 0x009A0906
JPEG = b"\xff\xd8\xff\xe0 a picture \xff\xd9"
SIZE = 4096


@dataclass
class Kernel:
    """One video device; its handle is a file that can be mapped, or a socket that can be polled."""

    controls: dict[int, tuple[int, int, int, int]] = field(
        default_factory=lambda: {  # type, minimum, maximum, flags; in the kernel's order
            MODE: (v4l2.MENU, 0, 3, 0),
            BUTTON: (v4l2.BUTTON, 0, 0, 0),
            PAN: (v4l2.INTEGER, -36000, 36000, 0),
            SPEED: (v4l2.INTEGER, -10, 10, 0),
            0x00980001: (6, 0, 0, 0),  # a heading of the list, not a control
            0x009A0911: (v4l2.INTEGER, 0, 9, v4l2.DISABLED),
        }
    )
    caps: int = CAPTURES
    formats: tuple[int, ...] = (YUYV, MJPG)
    broken: dict[int, int] = field(default_factory=dict)  # errno by ioctl number
    frames: list[tuple[bytes, int]] = field(default_factory=lambda: [(JPEG, 0)])
    values: dict[int, int] = field(default_factory=dict)
    events: list[tuple[int, int, int]] = field(default_factory=list)  # type, control, value
    subscribed: list[int] = field(default_factory=list)
    log: list[int] = field(default_factory=list)
    opened: int = 0
    closed: int = 0
    sets: int = 0
    streaming: bool = False
    far: socket.socket | None = None

    def open(self, path: str) -> "Node":
        if 0 in self.broken:
            raise OSError(self.broken[0], os.strerror(self.broken[0]))
        self.opened += 1
        with tempfile.TemporaryFile() as file:
            file.truncate(2 * SIZE)
            return Node(os.dup(file.fileno()), self.ioctl, self)

    def open_socket(self, path: str) -> "Node":
        """Open with a handle on which `far` can raise an event (out of band) or hang up."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            near = socket.create_connection(server.getsockname())
            self.far, _ = server.accept()
        self.opened += 1
        return Node(near.detach(), self.ioctl, self)

    def ioctl(self, handle: int, number: int, argument: ctypes.Structure) -> int:
        self.log.append(number)
        if number in self.broken:
            raise OSError(self.broken[number], os.strerror(self.broken[number]))
        act: Callable[..., None] = _ACTS[number]
        if number == picture.DQBUF:
            self._dequeue(handle, argument)
        else:
            act(self, argument)
        return 0

    def _capability(self, found: v4l2.CapabilityStruct) -> None:
        found.driver, found.card = b"uvcvideo", b"Camera of a test"
        found.capabilities, found.device_caps = 0x8000_0000 | 0xFFFF, self.caps

    def _query(self, found: v4l2.QueryStruct) -> None:
        assert found.id & 0x8000_0000
        after = sorted(each for each in self.controls if each > found.id & 0x7FFF_FFFF)
        if not after:
            raise OSError(errno.EINVAL, "no more")
        found.id = after[0]
        found.type, found.minimum, found.maximum, found.flags = self.controls[after[0]]
        found.step, found.default = 1, 2**40 if found.id == SPEED else 0

    def _menu(self, found: v4l2.MenuStruct) -> None:
        if found.index not in (1, 3):
            raise OSError(errno.EINVAL, "no such item")

    def _get(self, asked: v4l2.ControlsStruct) -> None:
        for one in self._each(asked):
            one.value = self.values.get(one.id, 0)

    def _set(self, asked: v4l2.ControlsStruct) -> None:
        self.sets += 1
        for one in self._each(asked):
            _, low, high, _ = self.controls[one.id]
            one.value = self.values[one.id] = min(max(one.value, low), high)

    def _each(self, asked: v4l2.ControlsStruct) -> list[v4l2.ControlStruct]:
        assert asked.which == 0
        each = asked.controls[: asked.count]
        if any(one.id not in self.controls for one in each):
            raise OSError(errno.EINVAL, "no such control")
        return each

    def _subscribe(self, asked: v4l2.SubscriptionStruct) -> None:
        assert asked.type == 3
        self.subscribed.append(asked.id)

    def _event(self, found: v4l2.EventStruct) -> None:
        if not self.events:
            raise OSError(errno.ENOENT, "none")
        found.type, found.id, found.u.ctrl.value = self.events.pop(0)
        found.pending = len(self.events)

    def _format(self, found: picture.FormatDescription) -> None:
        if found.index >= len(self.formats):
            raise OSError(errno.EINVAL, "no more")
        found.pixelformat = self.formats[found.index]

    def _set_format(self, asked: picture.Format) -> None:
        assert asked.fmt.pix.pixelformat in self.formats

    def _request(self, asked: picture.BufferRequest) -> None:
        assert (asked.type, asked.memory) == (1, 1)

    def _where(self, found: picture.Buffer) -> None:
        found.offset, found.length = found.index * SIZE, SIZE

    def _queue(self, asked: picture.Buffer) -> None:
        assert asked.index < 2

    def _dequeue(self, handle: int, found: picture.Buffer) -> None:
        assert self.streaming
        data, found.flags = self.frames.pop(0) if len(self.frames) > 1 else self.frames[0]
        os.pwrite(handle, data[:SIZE], SIZE)
        found.index, found.bytesused = 1, len(data)

    def _on(self, kind: picture.BufferType) -> None:
        assert kind.type == 1
        self.streaming = True

    def _off(self, kind: picture.BufferType) -> None:
        self.streaming = False


_ACTS = {
    v4l2.QUERYCAP: Kernel._capability,
    v4l2.QUERY_EXT_CTRL: Kernel._query,
    v4l2.QUERYMENU: Kernel._menu,
    v4l2.G_EXT_CTRLS: Kernel._get,
    v4l2.S_EXT_CTRLS: Kernel._set,
    v4l2.SUBSCRIBE_EVENT: Kernel._subscribe,
    v4l2.DQEVENT: Kernel._event,
    picture.ENUM_FMT: Kernel._format,
    picture.S_FMT: Kernel._set_format,
    picture.REQBUFS: Kernel._request,
    picture.QUERYBUF: Kernel._where,
    picture.QBUF: Kernel._queue,
    picture.DQBUF: Kernel._dequeue,
    picture.STREAMON: Kernel._on,
    picture.STREAMOFF: Kernel._off,
}


class Node(v4l2.VideoNode):
    """A node that says when it was closed."""

    def __init__(self, handle: int, ioctl: v4l2.Ioctl, kernel: Kernel) -> None:
        super().__init__(handle, ioctl)
        self._kernel = kernel

    def close(self) -> None:
        self._kernel.closed += 1
        super().close()
