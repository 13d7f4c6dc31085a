"""A USB camera's controls as messages, both ends: what may be asked of it, and what it says.

The frames are those of `ports/v4l2.py`; ids, types and flags are V4L2's (linux/v4l2-controls.h).
Pan and tilt are in arc seconds, 3600 to a degree; right (clockwise seen from above) and up are
positive (V4L2 "Camera Control Reference"; UVC 1.5, 4.2.2.1.14). Speeds, zoom and focus have no
unit. Knows no port and no clock.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from enum import IntEnum, IntFlag

from roomctl.frozen import frozen

ARC_SECONDS = 3600  # to a degree

_SHORT = struct.Struct("<B3xIi")
_PAIR = struct.Struct("<B3xIiIi")
_LONG = struct.Struct("<BB2xIIiiIiI")


class ControlType(IntEnum):
    """What a frame is."""

    LIST = 1
    GET = 2
    SET = 3
    VALUE = 4
    CONTROL = 5
    END = 6
    BOTH = 7


class ControlId(IntEnum):
    """The controls that move a camera, or say how it sees."""

    AUTO_WHITE_BALANCE = 0x0098090C
    WHITE_BALANCE_TEMPERATURE = 0x0098091A
    BACKLIGHT_COMPENSATION = 0x0098091C  # 0: it does not compensate
    EXPOSURE_AUTO = 0x009A0901
    EXPOSURE_ABSOLUTE = 0x009A0902
    PAN_RELATIVE = 0x009A0904
    TILT_RELATIVE = 0x009A0905
    PAN_RESET = 0x009A0906
    TILT_RESET = 0x009A0907
    PAN_ABSOLUTE = 0x009A0908
    TILT_ABSOLUTE = 0x009A0909
    FOCUS_ABSOLUTE = 0x009A090A
    FOCUS_AUTO = 0x009A090C
    ZOOM_ABSOLUTE = 0x009A090D
    ZOOM_RELATIVE = 0x009A090E
    ZOOM_CONTINUOUS = 0x009A090F
    PRIVACY = 0x009A0910
    PAN_SPEED = 0x009A0920
    TILT_SPEED = 0x009A0921


# A camera has pan and tilt in one control (UVC 1.5, 4.2.2.1.14 and 15). Who sets one of a pair has
# the kernel write the other as the camera says that it is just then, which ends a move of it.
COUPLED: Mapping[int, int] = {
    ControlId.PAN_ABSOLUTE: ControlId.TILT_ABSOLUTE,
    ControlId.TILT_ABSOLUTE: ControlId.PAN_ABSOLUTE,
    ControlId.PAN_SPEED: ControlId.TILT_SPEED,
    ControlId.TILT_SPEED: ControlId.PAN_SPEED,
}


class ControlValueType(IntEnum):
    """What a control's value is."""

    INTEGER = 1
    BOOLEAN = 2
    MENU = 3
    BUTTON = 4


class ControlFlag(IntFlag):
    """How a control may be used; an INACTIVE one may be, once another is set otherwise."""

    DISABLED = 0x01
    GRABBED = 0x02
    READ_ONLY = 0x04
    INACTIVE = 0x10
    WRITE_ONLY = 0x40


@frozen
class UvcControl:
    """One control as the camera describes it; bit n of `items`: the menu has entry n."""

    id: int
    type: int = ControlValueType.INTEGER
    flags: int = 0
    minimum: int = 0
    maximum: int = 0
    step: int = 1
    default: int = 0
    items: int = 0

    @property
    def writable(self) -> bool:
        """Whether writing can do anything: some cameras list what they do not have, 0 to 0."""
        barred = ControlFlag.DISABLED | ControlFlag.GRABBED | ControlFlag.READ_ONLY
        return not self.flags & barred and (
            self.type == ControlValueType.BUTTON or self.maximum > self.minimum
        )

    @property
    def readable(self) -> bool:
        return self.type != ControlValueType.BUTTON and not self.flags & ControlFlag.WRITE_ONLY

    @property
    def both_ways(self) -> bool:
        """Whether it is a speed for both directions.

        Before Linux 6.11 uvcvideo gives some cameras a minimum of 0 or of -1 ("UVC minimum
        relative pan/tilt/zoom speed fix"), and clamps what is written to it.
        """
        return self.writable and self.minimum < 0 < self.maximum and not self.lopsided

    @property
    def lopsided(self) -> bool:
        return self.minimum == -1 and self.maximum > 1

    def nearest(self, value: float) -> int:
        """Return the value within the limits, and on a step, that is nearest."""
        inside = min(max(value, self.minimum), self.maximum)
        step = max(1, self.step)
        stepped = self.minimum + round((inside - self.minimum) / step) * step
        return min(stepped, self.maximum)

    def percent(self, value: int) -> float:
        """Return 0 (minimum) to 100 (maximum)."""
        part = (value - self.minimum) / (self.maximum - self.minimum)
        return 100 * min(max(part, 0.0), 1.0)

    def at_percent(self, pct: float) -> int:
        part = min(max(pct, 0.0), 100.0) / 100
        return self.nearest(self.minimum + part * (self.maximum - self.minimum))

    def has_item(self, entry: int) -> bool:
        return bool(self.items >> entry & 1)


@frozen
class ListControls:
    """List every control."""


@frozen
class GetControl:
    """ListControls for the value of a control."""

    id: int


@frozen
class SetControl:
    """Set a control."""

    id: int
    value: int


@frozen
class SetControlPair:
    """Set two controls in one go: see COUPLED."""

    first: SetControl
    second: SetControl


@frozen
class ControlValue:
    """The value that a control has."""

    id: int
    value: int


@frozen
class EndOfControls:
    """All controls have been listed, so many."""

    count: int


Request = ListControls | GetControl | SetControl | SetControlPair
Answer = ControlValue | UvcControl | EndOfControls


def encode(message: Request | Answer) -> bytes:
    """Return the frame of a message."""
    match message:
        case ListControls():
            return _SHORT.pack(ControlType.LIST, 0, 0)
        case GetControl(control):
            return _SHORT.pack(ControlType.GET, control, 0)
        case SetControl(control, value):
            return _SHORT.pack(ControlType.SET, control, value)
        case SetControlPair(one, other):
            return _PAIR.pack(ControlType.BOTH, one.id, one.value, other.id, other.value)
        case ControlValue(control, value):
            return _SHORT.pack(ControlType.VALUE, control, value)
        case EndOfControls(count):
            return _SHORT.pack(ControlType.END, 0, count)
        case UvcControl() as c:
            bounds = (c.minimum, c.maximum, c.step, c.default)
            return _LONG.pack(ControlType.CONTROL, c.type, c.id, c.flags, *bounds, c.items)


def decode(data: bytes) -> Request | Answer:
    """Return what a frame says; ValueError if it is none."""
    if len(data) == _LONG.size and data[0] == ControlType.CONTROL:
        _, kind, control, flags, low, high, step, default, items = _LONG.unpack(data)
        return UvcControl(control, kind, flags, low, high, step, default, items)
    if len(data) == _PAIR.size and data[0] == ControlType.BOTH:
        _, one, its_value, other, others_value = _PAIR.unpack(data)
        return SetControlPair(SetControl(one, its_value), SetControl(other, others_value))
    if len(data) != _SHORT.size:
        raise ValueError(f"{data.hex()} is not a frame of a camera's controls")
    kind, control, value = _SHORT.unpack(data)
    known: Mapping[int, Request | Answer] = {
        ControlType.LIST: ListControls(),
        ControlType.GET: GetControl(control),
        ControlType.SET: SetControl(control, value),
        ControlType.VALUE: ControlValue(control, value),
        ControlType.END: EndOfControls(value),
    }
    if kind not in known:
        raise ValueError(f"{data.hex()} is not a frame of a camera's controls")
    return known[kind]
