"""A USB camera that turns, zooms and gives JPEG pictures: USB Video Class 1.0 around a simulation.

Every control is the simulation's (`SimUvc`), as class requests of a camera terminal and a
processing unit; numbers are the class specification's (UVC 1.0, tables 4-8 to 4-22, A-12, A-13).
Pictures come at a bulk endpoint, one in a payload. Knows no driver of this project.
"""

from __future__ import annotations

import struct
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from roomctl.camera.sim.uvc import SimUvc
from roomctl.camera.uvc.message import ControlId, Request, SetControl, SetControlPair, encode
from roomctl.wire import Chunk
from tests.hwlab.devices.standard import Described, configuration, described, endpoint, interface
from tests.hwlab.devices.usbip import HIGH, Setup, Stall

PICTURE_S = 0.1
_PICTURES = 1
_TERMINAL, _UNIT = 1, 2
_CONTROL, _STREAMING = (0x0E, 1, 0), (0x0E, 2, 0)
_SET_CUR, _CUR, _MIN, _MAX, _RES, _LEN, _INFO, _DEF = 0x01, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87
_GETS_AND_SETS, _CHANGES_ITSELF = 0x03, 0x08
_INTERVAL = int(PICTURE_S * 10_000_000)  # 100 ns
_SIZE = (640, 360)
_LARGEST = 16_384
_NAME = "Simulated PTZ camera"


class _Fields(Protocol):
    """How the values of some V4L2 controls stand in one control of the class."""

    @property
    def ids(self) -> tuple[ControlId, ...]: ...
    def pack(self, values: tuple[int, ...]) -> bytes: ...
    def unpack(self, data: bytes) -> tuple[int, ...]: ...


@dataclass(frozen=True)
class _Numbers:
    """Numbers one after the other."""

    ids: tuple[ControlId, ...]
    form: str

    def pack(self, values: tuple[int, ...]) -> bytes:
        return struct.pack(self.form, *values)

    def unpack(self, data: bytes) -> tuple[int, ...]:
        return struct.unpack(self.form, data)


@dataclass(frozen=True)
class _Speeds:
    """For each axis a direction (-1, 0, 1) and a speed without a sign."""

    ids: tuple[ControlId, ...]

    def pack(self, values: tuple[int, ...]) -> bytes:
        pairs = [((value > 0) - (value < 0), abs(value)) for value in values]
        return b"".join(struct.pack("bB", *pair) for pair in pairs)

    def unpack(self, data: bytes) -> tuple[int, ...]:
        return tuple(way * speed for way, speed in struct.iter_unpack("bB", data))


@dataclass(frozen=True)
class _Exposure:
    """A bit for each mode: manual, automatic, shutter and aperture priority."""

    ids: tuple[ControlId, ...] = (ControlId.EXPOSURE_AUTO,)
    _BITS = (2, 1, 4, 8)  # by the entry of V4L2's menu

    def pack(self, values: tuple[int, ...]) -> bytes:
        return bytes((self._BITS[values[0]],))

    def unpack(self, data: bytes) -> tuple[int, ...]:
        if data[0] not in self._BITS:
            raise Stall
        return (self._BITS.index(data[0]),)

    def items(self, menu: int) -> bytes:
        return bytes((sum(bit for entry, bit in enumerate(self._BITS) if menu >> entry & 1),))


_EXPOSURE = _Exposure()
_CONTROLS: Mapping[tuple[int, int], _Fields] = {  # by (unit, selector)
    (_TERMINAL, 0x02): _EXPOSURE,
    (_TERMINAL, 0x06): _Numbers((ControlId.FOCUS_ABSOLUTE,), "<H"),
    (_TERMINAL, 0x08): _Numbers((ControlId.FOCUS_AUTO,), "<B"),
    (_TERMINAL, 0x0B): _Numbers((ControlId.ZOOM_ABSOLUTE,), "<H"),
    (_TERMINAL, 0x0D): _Numbers((ControlId.PAN_ABSOLUTE, ControlId.TILT_ABSOLUTE), "<ii"),
    (_TERMINAL, 0x0E): _Speeds((ControlId.PAN_SPEED, ControlId.TILT_SPEED)),
    (_UNIT, 0x0B): _Numbers((ControlId.AUTO_WHITE_BALANCE,), "<B"),
}
_BITS = {  # bmControls, by (unit, selector)
    **{(_TERMINAL, 0x02): 1, (_TERMINAL, 0x06): 5, (_TERMINAL, 0x08): 17, (_TERMINAL, 0x0B): 9},
    **{(_TERMINAL, 0x0D): 11, (_TERMINAL, 0x0E): 12, (_UNIT, 0x0B): 12},
}


class Camera:
    """One camera; `sim` is what it does, `pictures` how many it has sent."""

    def __init__(self, sim: SimUvc | None = None, serial_number: str = "PTZ0001") -> None:
        self.sim = sim or SimUvc()
        self.pictures = 0
        self._lock = threading.RLock()
        self._next_at = 0.0
        self._about = Described(
            0x1D6B,
            0x0102,
            0x0210,
            _NAME,
            _configuration(self.sim),
            serial_number,
            device_class=(0xEF, 2, 1),
            speed=HIGH,
        )
        self.speed = self._about.speed

    def look(self, fact: Callable[[SimUvc], object]) -> object:
        """Return `fact` of the camera as it is now."""
        with self._lock:
            self.sim.tick(time.monotonic())
            return fact(self.sim)

    def control(self, setup: Setup, data: bytes) -> bytes:
        if setup.kind >> 5 & 3 == 0:
            return self._about.standard(setup)
        if setup.kind & 0x1F != 1:
            raise Stall
        unit, part = setup.index >> 8, setup.index & 0xFF
        selector = setup.value >> 8
        if part == 1 and selector in (1, 2):  # probe and commit
            return b"" if setup.request == _SET_CUR else _stream(setup.request)
        fields = _CONTROLS.get((unit, selector))
        if fields is None:
            raise Stall
        with self._lock:
            self.sim.tick(time.monotonic())
            return self._asked(fields, setup.request, data)

    def sent(self, endpoint: int, data: bytes) -> None:
        raise Stall

    def says(self, endpoint: int, now: float) -> bytes | None:
        if now < self._next_at:
            return None
        self._next_at = now + PICTURE_S
        self.pictures += 1
        head = bytes((2, 0x80 | 0x02 | self.pictures & 1))  # end of header, of picture, which one
        return head + jpeg(self.pictures)

    def packet(self, endpoint: int, length: int) -> bytes:
        raise Stall

    def _asked(self, fields: _Fields, request: int, data: bytes) -> bytes:
        known = [self.sim.controls.get(id_) for id_ in fields.ids]
        has = [each for each in known if each is not None]
        if self.sim.stalled or len(has) != len(known):
            raise Stall
        match request:
            case 0x01:
                one, *more = map(SetControl, fields.ids, fields.unpack(data))
                self._obey(SetControlPair(one, more[0]) if more else one)
                return b""
            case 0x81:
                return fields.pack(tuple(self.sim.value(each.id) for each in has))
            case 0x82:
                return fields.pack(tuple(each.minimum for each in has))
            case 0x83:
                return fields.pack(tuple(each.maximum for each in has))
            case 0x84 if isinstance(fields, _Exposure):
                return fields.items(has[0].items)
            case 0x84:
                return fields.pack(tuple(each.step for each in has))
            case 0x85:
                return len(fields.pack(tuple(each.default for each in has))).to_bytes(2, "little")
            case 0x86:
                return bytes((_GETS_AND_SETS | _CHANGES_ITSELF,))  # else the kernel asks once
            case 0x87:
                return fields.pack(tuple(each.default for each in has))
        raise Stall

    def _obey(self, request: Request) -> None:
        now = time.monotonic()
        self.sim.receive(Chunk(encode(request), now))
        while self.sim.outbox(now) is not None:
            self.sim.sent(now)


def jpeg(number: int) -> bytes:
    """Return what passes for a picture with a number in it."""
    return b"\xff\xd8\xff\xfe\0\x0a" + f"{number:08d}".encode() + b"\xff\xd9"


def _stream(request: int) -> bytes:
    if request == _INFO:
        return bytes((_GETS_AND_SETS,))
    if request == _LEN:
        return (26).to_bytes(2, "little")
    return struct.pack("<HBBIHHHHHII", 1, 1, 1, _INTERVAL, 0, 0, 0, 0, 0, _LARGEST, _LARGEST)


def _configuration(sim: SimUvc) -> bytes:
    terminal, unit = (_bits(sim, each) for each in (_TERMINAL, _UNIT))
    units = [
        described(
            0x24, 2, _TERMINAL, 0x01, 0x02, 0, 0, *bytes(6), 3, *terminal.to_bytes(3, "little")
        ),
        described(0x24, 5, _UNIT, _TERMINAL, 0, 0, 2, *unit.to_bytes(2, "little"), 0),
        described(0x24, 3, 3, 0x01, 0x01, 0, _UNIT, 0),
    ]
    total = (13 + sum(map(len, units))).to_bytes(2, "little")
    clock = (48_000_000).to_bytes(4, "little")
    sizes = struct.pack("<HH", *_SIZE)
    rates = struct.pack("<IIIIBI", 1_000_000, 1_000_000, _LARGEST, _INTERVAL, 1, _INTERVAL)
    formats = [
        described(0x24, 6, 1, 1, 1, 1, 0, 0, 0, 0),  # JPEG pictures, one after the other
        described(0x24, 7, 1, 0, *sizes, *rates),
    ]
    length = (14 + sum(map(len, formats))).to_bytes(2, "little")
    parts = [
        bytes((8, 11, 0, 2, 0x0E, 3, 0, 0)),  # the two interfaces are one function
        interface(0, _CONTROL, 0),
        described(0x24, 1, 0x00, 0x01, *total, *clock, 1, 1),
        *units,
        interface(1, _STREAMING, 1),
        described(0x24, 1, 1, *length, 0x80 | _PICTURES, 0, 3, 0, 0, 0, 1, 0),
        *formats,
        endpoint(0x80 | _PICTURES, 2, 512, 0),
    ]
    return configuration(2, parts)


def _bits(sim: SimUvc, unit: int) -> int:
    """Return which controls a unit declares: those that the simulation has."""
    here = [key for key in _CONTROLS if key[0] == unit]
    has = [key for key in here if all(id_ in sim.controls for id_ in _CONTROLS[key].ids)]
    return sum(1 << _BITS[key] for key in has)
