"""The capture switches of sound cards: the mute in the device's own chip, set and read back.

A sound server sets the switch too, but only of cards whose mixer it knows, and other programs may
move it: so it is read here, and set where it differs. Elements are found by their name, which ALSA
fixes (sound/designs/control-names.rst: "Mic Capture Switch", "Capture Switch"). What is read of a
USB device is what the kernel last got written to it; a write that the device refuses raises.

Facts of `sound/asound.h`; ctypes lays the structures out as this machine's C compiler would. Knows
no sound server and no loop: every call blocks, for the length of some USB control transfers.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from ctypes import c_char, c_int32, c_int64, c_long, c_ubyte, c_uint32, c_void_p

from roomctl.screen.protocol import CaptureSwitch

Ioctl = Callable[[int, int, ctypes.Structure], object]

MIXER, BOOLEAN = 2, 1  # SNDRV_CTL_ELEM_IFACE_MIXER, SNDRV_CTL_ELEM_TYPE_BOOLEAN
WRITABLE = 0x2
_MOST_ELEMENTS = 1024
_MOST_CHANNELS = 32


class ElementId(ctypes.Structure):
    """snd_ctl_elem_id."""

    _fields_ = (
        ("numid", c_uint32),
        ("iface", c_int32),
        ("device", c_uint32),
        ("subdevice", c_uint32),
        ("name", c_char * 44),
        ("index", c_uint32),
    )


class ElementList(ctypes.Structure):
    """snd_ctl_elem_list."""

    _fields_ = (
        ("offset", c_uint32),
        ("space", c_uint32),
        ("used", c_uint32),
        ("count", c_uint32),
        ("pids", c_void_p),
        ("reserved", c_ubyte * 50),
    )


class ElementInfo(ctypes.Structure):
    """snd_ctl_elem_info; of its union only the size matters here."""

    _fields_ = (
        ("id", ElementId),
        ("type", c_int32),
        ("access", c_uint32),
        ("count", c_uint32),
        ("owner", c_int32),
        ("value", c_int64 * 16),
        ("reserved", c_ubyte * 64),
    )


class _Values(ctypes.Union):
    _fields_ = (("integer", c_long * 128), ("integer64", c_int64 * 64))


class ElementValue(ctypes.Structure):
    """snd_ctl_elem_value; a switch stands in `value.integer`, one number for each channel."""

    _fields_ = (
        ("id", ElementId),
        ("indirect", c_uint32),
        ("value", _Values),
        ("reserved", c_ubyte * 128),
    )


def _iowr(number: int, argument: type[ctypes.Structure]) -> int:
    return 3 << 30 | ctypes.sizeof(argument) << 16 | ord("U") << 8 | number


ELEM_LIST = _iowr(0x10, ElementList)
ELEM_INFO = _iowr(0x11, ElementInfo)
ELEM_READ = _iowr(0x12, ElementValue)
ELEM_WRITE = _iowr(0x13, ElementValue)


class SoundCards:
    """The sound cards of this machine, by their number. No call raises: "unknown" is an answer."""

    def __init__(self, device: str = "/dev/snd/controlC{}", ioctl: Ioctl = fcntl.ioctl) -> None:
        self._device, self._ioctl = device, ioctl
        self._silenced: dict[int, set[int]] = {}

    def read(self, card: int) -> CaptureSwitch:
        """Return whether the card's capture switches let anything through."""
        try:
            with self._opened(card) as file:
                return self._state(file)
        except OSError:
            return CaptureSwitch.UNKNOWN

    def silence(self, card: int) -> CaptureSwitch:
        """Turn all its capture switches off, and return what is read then."""
        try:
            with self._opened(card) as file:
                on = [info for info in self._switches(file) if any(self._values(file, info))]
                for info in on:
                    self._write(file, info, 0)
                    self._silenced.setdefault(card, set()).add(info.id.numid)
                return self._state(file)
        except OSError:
            return CaptureSwitch.UNKNOWN

    def open(self, card: int) -> CaptureSwitch:
        """Turn on those that were turned off here, or all if none is on; return what is read."""
        ours = self._silenced.pop(card, set())
        try:
            with self._opened(card) as file:
                switches = list(self._switches(file))
                known = [info for info in switches if info.id.numid in ours]
                if known or self._state(file) is CaptureSwitch.OFF:
                    for info in known or switches:
                        self._write(file, info, 1)
                return self._state(file)
        except OSError:
            return CaptureSwitch.UNKNOWN

    @contextmanager
    def _opened(self, card: int) -> Iterator[int]:
        file = os.open(self._device.format(card), os.O_RDWR | os.O_CLOEXEC)
        try:
            yield file
        finally:
            os.close(file)

    def _state(self, file: int) -> CaptureSwitch:
        values = [any(self._values(file, info)) for info in self._switches(file)]
        return (
            CaptureSwitch.NONE
            if not values
            else CaptureSwitch.ON
            if any(values)
            else CaptureSwitch.OFF
        )

    def _switches(self, file: int) -> Iterator[ElementInfo]:
        for element in self._elements(file):
            name = bytes(element.name)
            if element.iface == MIXER and name.endswith(b"Capture Switch"):
                info = ElementInfo(id=element)
                self._ioctl(file, ELEM_INFO, info)
                if info.type == BOOLEAN and info.access & WRITABLE:
                    yield info

    def _elements(self, file: int) -> Iterable[ElementId]:
        found = ElementList()
        self._ioctl(file, ELEM_LIST, found)
        room = min(found.count, _MOST_ELEMENTS)
        elements = (ElementId * room)()
        found.space, found.pids = room, ctypes.addressof(elements)
        self._ioctl(file, ELEM_LIST, found)
        listed: list[ElementId] = elements[: found.used]
        return listed

    def _values(self, file: int, info: ElementInfo) -> list[int]:
        value = ElementValue(id=info.id)
        self._ioctl(file, ELEM_READ, value)
        return list(value.value.integer[: min(info.count, _MOST_CHANNELS)])

    def _write(self, file: int, info: ElementInfo, on: int) -> None:
        value = ElementValue(id=info.id)
        for channel in range(min(info.count, _MOST_CHANNELS)):
            value.value.integer[channel] = on
        self._ioctl(file, ELEM_WRITE, value)


def together(switches: Iterable[CaptureSwitch]) -> CaptureSwitch:
    """Return what is true of several cards: one that is open, or cannot be read, decides."""
    found = set(switches)
    order = (CaptureSwitch.ON, CaptureSwitch.UNKNOWN, CaptureSwitch.OFF)
    return next((one for one in order if one in found), CaptureSwitch.NONE)
