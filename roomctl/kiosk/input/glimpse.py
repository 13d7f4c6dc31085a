"""A display or a part of it, straight from the compositor: a glimpse costs little, and is quick.

Speaks zwlr_screencopy_manager_v1 and wl_shm; labwc has both. Blocking. Knows no page.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from roomctl.kiosk.input.wayland import (
    EventArguments,
    WaylandClient,
    WaylandRefused,
    found_output,
    number,
)

_MANAGER, _MEMORY = "zwlr_screencopy_manager_v1", "wl_shm"
_CAPTURE_REGION, _COPY, _DESTROY_FRAME = 1, 0, 1
_CREATE_POOL, _CREATE_BUFFER, _DESTROY_POOL, _DESTROY_BUFFER = 0, 0, 1, 0
_BUFFER, _FLAGS, _READY, _FAILED = 0, 1, 2, 3
_BLUE_FIRST = (0, 1)  # wl_shm's ARGB8888 and XRGB8888, as bytes of a little-endian box


class _Frame:
    """One picture, as the compositor describes it."""

    def __init__(self) -> None:
        self.format = self.width = self.height = self.stride = self.flags = 0
        self.ready = self.failed = False

    def hear(self, opcode: int, arguments: EventArguments) -> None:
        if opcode == _BUFFER:
            self.format, self.width, self.height, self.stride = (
                arguments.number() for _ in range(4)
            )
        elif opcode == _FLAGS:
            self.flags = arguments.number()
        self.ready = self.ready or opcode == _READY
        self.failed = self.failed or opcode == _FAILED


class ScreenCapture:
    """A connection that takes pictures of one display, or of parts of it, at scale 1."""

    def __init__(self, environment: Mapping[str, str], output: str) -> None:
        """OSError if the compositor gives none."""
        self._connection = WaylandClient(environment)
        try:
            self._output = found_output(self._connection, output)
            self._check()
            self._manager = self._connection.take(_MANAGER, 1)
            self._memory = self._connection.take(_MEMORY, 1)
        except BaseException:
            self.close()
            raise

    def _check(self) -> None:
        if self._output.scale != 1:
            raise WaylandRefused("the display has another scale than 1")
        if self._output.turned:
            raise WaylandRefused("the display is turned")

    def close(self) -> None:
        self._connection.close()

    @property
    def size(self) -> tuple[int, int]:
        """How many pixels the display has across and down, as the compositor said last."""
        return self._output.size

    def take(self, corner: tuple[int, int], size: tuple[int, int]) -> bytes:
        """Return the rows of a part, 4 bytes a pixel, blue first; OSError if there is none."""
        connection, frame = self._connection, _Frame()
        target = connection.new(frame.hear)
        whole = b"".join(number(one) for one in (0, self._output.target, *corner, *size))
        connection.send(self._manager, _CAPTURE_REGION, number(target) + whole)
        connection.wait(lambda: frame.failed or frame.stride > 0)
        shape = frame.width, frame.height, frame.stride, frame.format
        if frame.failed or shape != (*size, 4 * size[0], frame.format):
            raise WaylandRefused("the compositor gave no picture of that size")
        handle = os.memfd_create("glimpse", os.MFD_CLOEXEC)
        try:
            length = frame.stride * frame.height
            os.ftruncate(handle, length)
            pool, buffer = connection.new(), connection.new()
            connection.send(self._memory, _CREATE_POOL, number(pool) + number(length), handle)
            described = b"".join(number(one) for one in (buffer, 0, *shape))
            connection.send(pool, _CREATE_BUFFER, described)
            connection.send(target, _COPY, number(buffer))
            connection.wait(lambda: frame.failed or frame.ready)
            for one, opcode in (
                (buffer, _DESTROY_BUFFER),
                (pool, _DESTROY_POOL),
                (target, _DESTROY_FRAME),
            ):
                connection.send(one, opcode)
            self._check()  # it may have been turned meanwhile
            if frame.failed or frame.flags or frame.format not in _BLUE_FIRST:
                raise WaylandRefused("the compositor gave no picture that is understood")
            return os.pread(handle, length, 0)
        finally:
            os.close(handle)
