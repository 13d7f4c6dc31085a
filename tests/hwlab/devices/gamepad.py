"""A gamepad made by the kernel's uinput: two sticks, two triggers and four buttons.

The kernel keeps its state, its ranges and its queue as it does for one that is plugged in. Knows
nothing of this project.
"""

from __future__ import annotations

import fcntl
import os
import struct

X, Y, Z, RX, RY, RZ = range(6)
SOUTH, EAST, NORTH, WEST = 0x130, 0x131, 0x133, 0x134
_SYN, _KEY, _ABS = 0, 1, 3
_EVENT = struct.Struct("@llHHi")  # include/uapi/linux/input.h
_SETUP = struct.Struct("@4H80sI")  # struct uinput_setup, include/uapi/linux/uinput.h
_ABS_SETUP = struct.Struct("@H2x6i")
_CREATE, _DESTROY = 0x5501, 0x5502


def _iow(number: int, size: int) -> int:
    return 1 << 30 | size << 16 | ord("U") << 8 | number


class Gamepad:
    """One that is plugged in until it is pulled."""

    NAME, VID, PID = "Gamepad of a test", 0x1209, 0x0001

    def __init__(self) -> None:
        self._fd: int | None = os.open("/dev/uinput", os.O_WRONLY | os.O_CLOEXEC)
        for number, values in ((100, (_KEY, _ABS)), (101, (SOUTH, EAST, NORTH, WEST))):
            for value in values:
                fcntl.ioctl(self._fd, _iow(number, 4), value)
        for axis in (X, Y, RX, RY):
            self._range(axis, 0, -32768, 32767)
        for trigger in (Z, RZ):
            self._range(trigger, 0, 0, 255)
        setup = _SETUP.pack(3, self.VID, self.PID, 0x0110, self.NAME.encode(), 0)
        fcntl.ioctl(self._fd, _iow(3, _SETUP.size), setup)
        fcntl.ioctl(self._fd, _CREATE)

    def move(self, axis: int, value: int) -> None:
        self._say(_ABS, axis, value)

    def press(self, key: int) -> None:
        self._say(_KEY, key, 1)
        self._say(_KEY, key, 0)

    def pull(self) -> None:
        if self._fd is not None:
            fcntl.ioctl(self._fd, _DESTROY)
            os.close(self._fd)
            self._fd = None

    def _range(self, axis: int, value: int, low: int, high: int) -> None:
        assert self._fd is not None
        fcntl.ioctl(self._fd, _iow(103, 4), axis)
        setup = _ABS_SETUP.pack(axis, value, low, high, 0, 0, 0)
        fcntl.ioctl(self._fd, _iow(4, _ABS_SETUP.size), setup)

    def _say(self, kind: int, code: int, value: int) -> None:
        assert self._fd is not None
        os.write(self._fd, _EVENT.pack(0, 0, kind, code, value) + _EVENT.pack(0, 0, _SYN, 0, 0))
